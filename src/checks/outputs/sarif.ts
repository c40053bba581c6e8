/**
 * SARIF 2.1.0, for code scanning of GitHub and others.
 *
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */

import type { CheckReport, Finding, Severity } from '../report.ts';
import { describeRule } from '../rules.ts';
import {
  byImportance,
  countText,
  impactText,
  messageText,
  nameText,
  operationText,
  placeOf,
  sentence,
} from './finding-text.ts';
import type { OutputFormat, OutputOptions } from './output-format.ts';
import { visibleJson, visibleText } from './visible-text.ts';

/** GitHub shows 5,000 results of a run, and refuses more than 25,000. */
const resultsMax = 5000;
const operationsMax = 5;
const pathCharsMax = 1000;

const levels: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  notice: 'note',
};

export const sarifFormat: OutputFormat = {
  name: 'sarif',
  description: 'SARIF 2.1.0, for code scanning',
  render(report, options) {
    const shown = byImportance(report.findings).slice(0, resultsMax);
    const ruleIds = [...new Set(shown.map(({ rule }) => nameText(rule)))].toSorted();
    const ruleIndexes = new Map(ruleIds.map((id, index) => [id, index]));
    const log = {
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [
        {
          tool: { driver: { name: 'Tributary schema check', rules: ruleIds.map(ruleDescriptor) } },
          columnKind: 'utf16CodeUnits',
          invocations: [invocation(report, shown.length)],
          results: shown.map((finding) => resultOf(finding, { options, ruleIndexes })),
        },
      ],
    };
    return `${visibleJson(log, 2)}\n`;
  },
};

function ruleDescriptor(id: string): object {
  const { title, description, wayOut } = describeRule(id);
  return {
    id,
    shortDescription: { text: literal(title) },
    fullDescription: { text: literal(description) },
    help: { text: literal(wayOut) },
  };
}

function invocation({ findings, verdict }: CheckReport, resultCount: number): object {
  const rest = findings.length - resultCount;
  return {
    executionSuccessful: verdict !== 'invalid',
    ...(rest === 0
      ? {}
      : {
          toolExecutionNotifications: [
            {
              level: 'warning',
              message: { text: `${countText(rest, 'finding')} of less importance left out` },
            },
          ],
        }),
  };
}

interface ResultContext {
  readonly options: OutputOptions;
  readonly ruleIndexes: ReadonlyMap<string, number>;
}

function resultOf(finding: Finding, { options, ruleIndexes }: ResultContext): object {
  const { rule, severity, client, coordinate, fingerprint, operations, override } = finding;
  const ruleId = nameText(rule);
  return {
    ruleId,
    ruleIndex: ruleIndexes.get(ruleId),
    level: levels[severity],
    message: { text: literal(resultText(finding)) },
    locations: [
      {
        physicalLocation: physicalLocation(finding, options),
        ...(coordinate === null ? {} : { logicalLocations: [{ fullyQualifiedName: nameText(coordinate) }] }),
      },
    ],
    partialFingerprints: { 'tributaryFinding/v1': nameText(fingerprint) },
    // Of all results or none: an empty list says that a result is not suppressed.
    suppressions: override === null ? [] : [suppression(override)],
    properties: {
      ...(client === null ? {} : { client: nameText(client) }),
      operations: operations.slice(0, operationsMax).map(operationText),
    },
  };
}

function resultText(finding: Finding): string {
  const { client, message, hint } = finding;
  const impact = impactText(finding);
  return [
    `${client === null ? '' : `${nameText(client)}: `}${sentence(messageText(message))}`,
    ...(impact === '' ? [] : [`Operations: ${impact}.`]),
    ...(hint === null ? [] : [sentence(messageText(hint))]),
  ].join(' ');
}

function physicalLocation(finding: Finding, options: OutputOptions): object {
  const { file, line, column } = placeOf(finding, options);
  return {
    artifactLocation: { uri: relativeUri(file), uriBaseId: '%SRCROOT%' },
    region: { startLine: line, startColumn: column },
  };
}

function suppression({ reason, file, approver, expires }: NonNullable<Finding['override']>): object {
  return {
    kind: 'external',
    status: 'accepted',
    justification: `${messageText(reason)} (${nameText(approver)}, until ${nameText(expires)})`,
    location: { physicalLocation: { artifactLocation: { uri: relativeUri(file), uriBaseId: '%SRCROOT%' } } },
  };
}

/** A segment with a colon or a percent sign would otherwise be read as a scheme or an escape. */
function relativeUri(file: string): string {
  const visible = visibleText(file, pathCharsMax);
  return visible
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => encodeURIComponent(segment))
    .join('/');
}

/** `[text](target)` in a message would be a link. */
function literal(text: string): string {
  return text.replaceAll('](', '] (');
}

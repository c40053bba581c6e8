/**
 * Lints the schemas of subgraphs. docs/reference/checks-yaml.md lists the rules; a rule is a function in a file beside
 * this one, and a line in the table below.
 */

import type { LintSettings } from '../../config/checks/checks-file.ts';
import type { LintRule } from '../../config/checks/rules.ts';
import type { SubgraphSchema } from '../../preparation/composition/compose.ts';
import { newFinding } from '../new-finding.ts';
import type { FileLocation, Finding, Severity } from '../report.ts';
import { coversCoordinate } from '../policy/coordinates.ts';
import { deprecationReasons, descriptions } from './documentation.ts';
import { lintGraph, type Definition } from './graph.ts';
import { idTypes } from './ids.ts';
import { listCosts, listPagination, nullableItems } from './lists.ts';
import type { LintMark, LintRuleFunction } from './mark.ts';
import { argumentNames, enumValues, fieldNames, inputNames, tagNames, typeNames } from './naming.ts';
import { lintSubgraph } from './subgraph.ts';
import { unusedTypes } from './unused-types.ts';

const rules: Readonly<Record<LintRule, LintRuleFunction>> = {
  'lint-type-name': typeNames,
  'lint-field-name': fieldNames,
  'lint-argument-name': argumentNames,
  'lint-enum-value': enumValues,
  'lint-input-name': inputNames,
  'lint-description': descriptions,
  'lint-deprecation-reason': deprecationReasons,
  'lint-unused-type': unusedTypes,
  'lint-list-pagination': listPagination,
  'lint-id-type': idTypes,
  'lint-list-cost': listCosts,
  'lint-nullable-list-item': nullableItems,
  'lint-tag-name': tagNames,
};

/**
 * @param subgraphs All of the graph. One that cannot be parsed is left out: composition reports it.
 * @returns In the order of rules; fingerprints depend neither on places nor on the order of subgraphs and definitions.
 */
export function lintSubgraphs(
  subgraphs: readonly SubgraphSchema[],
  settings: LintSettings,
): readonly Finding[] {
  const read = subgraphs.map(lintSubgraph).filter((subgraph) => subgraph !== null);
  const graph = lintGraph(read, read.length === subgraphs.length);
  const findings: Finding[] = [];
  for (const [rule, marks] of Object.entries(rules) as Array<[LintRule, LintRuleFunction]>) {
    const severity = settings.severities[rule];
    if (severity === 'off') continue;
    for (const mark of marks(graph, settings)) {
      if (!settings.ignore.some((pattern) => coversCoordinate(pattern, mark.coordinate)))
        findings.push(findingOf(mark, severity));
    }
  }
  return findings;
}

function findingOf({ definition, ...text }: LintMark, severity: Severity): Finding {
  return newFinding({ ...text, stage: 'lint', severity, location: locationOf(definition) });
}

/** Of its name: a description may be lines above. */
function locationOf({ subgraph, node }: Definition): FileLocation | null {
  const token = node.name.loc?.startToken;
  return token ? { file: subgraph.file, line: token.line, column: token.column } : null;
}

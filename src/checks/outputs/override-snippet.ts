/** The file that accepts one finding for a time, ready to commit but for its reason. */

import { posix } from 'node:path';

import type { CheckReport, Finding } from '../report.ts';
import { nameText } from './finding-text.ts';
import { visibleJson } from './visible-text.ts';

export interface OverrideSnippet {
  /** Relative to the root of the repository. */
  readonly file: string;
  /** YAML, with a newline at the end. */
  readonly text: string;
}

export interface OverrideSnippetOptions {
  /** The owner of its client. */
  readonly approver: string;
  /** ISO 8601 date: the last day on which the override holds. */
  readonly expires: string;
  /** Default: it is left to be filled in. */
  readonly reason?: string;
  /** Of graph.yaml, relative to the root of the repository: overrides are in `policy/overrides` beside it. */
  readonly graphFile: string;
}

export function overrideSnippet(
  { fingerprint, rule, client, coordinate }: Finding,
  { approver, expires, reason, graphFile }: OverrideSnippetOptions,
): OverrideSnippet {
  const lines = [
    `fingerprint: ${scalar(fingerprint)}`,
    `rule: ${scalar(rule)}`,
    ...(client === null ? [] : [`client: ${scalar(client)}`]),
    ...(coordinate === null ? [] : [`coordinate: ${scalar(coordinate)}`]),
    reason === undefined ? 'reason: "" # why it is accepted' : `reason: ${scalar(reason)}`,
    `approver: ${scalar(approver)}`,
    `expires: ${scalar(expires)}`,
  ];
  // Fingerprints are 16 hex digits; a report from elsewhere may say otherwise.
  const name = `${nameText(fingerprint).replace(/[^\w-]/g, '_')}.yaml`;
  const file = posix.join(posix.dirname(graphFile), 'policy/overrides', name);
  return { file, text: `# ${file}\n${lines.join('\n')}\n` };
}

/**
 * The owner of the client that a finding concerns, else of the one whose operation it concerns most. Empty where nobody is
 * named.
 */
export function approverOf({ client, operations }: Finding, { clients }: CheckReport): string {
  const concerned = client ?? operations[0]?.operation.client;
  return clients.find(({ name }) => name === concerned)?.owner ?? '';
}

/** A scalar that YAML 1.2 reads as this string: only what cannot be a number, a boolean or null is left unquoted. */
function scalar(text: string): string {
  const isPlain = /^[A-Za-z_][\w.-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text);
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text);
  return isPlain || isDate ? text : visibleJson(text.toWellFormed());
}

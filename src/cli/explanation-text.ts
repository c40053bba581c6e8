/** An explanation as a table for people. Pure. */

import type { ExplainedField } from '../authz/explain.ts';
import type { Principal } from '../pipeline/principal.ts';

export function explanationText(
  fields: readonly ExplainedField[],
  principal: Principal,
  notes: readonly string[],
): string {
  const rows = fields.map((one) => [one.field, one.outcome, one.coordinates.join(', '), reasonText(one)]);
  const table = [['field', 'outcome', 'of the schema', 'why'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return [`For ${whoText(principal)}`, ...notes.map((note) => `Note: ${note}`), '', ...lines].join('\n');
}

/** A rule that is asked alone need not be named twice. */
function reasonText({ rule, why, code }: ExplainedField): string {
  const told = code === undefined ? why : `${why} (${code})`;
  return rule === null || why.startsWith(rule) ? told : `${rule}: ${told}`;
}

function whoText({ subject, client, tier, roles, scopes, provenBy }: Principal): string {
  if (provenBy === 'none') return 'nobody: no token, no key';
  return [
    subject === null ? 'somebody without a subject' : JSON.stringify(subject),
    ...(client === null ? [] : [`client ${JSON.stringify(client)}`]),
    ...(tier === null ? [] : [`tier ${JSON.stringify(tier)}`]),
    `roles ${roles.join(', ') || 'none'}`,
    `scopes ${scopes.join(', ') || 'none'}`,
  ].join('; ');
}

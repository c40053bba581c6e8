/** Formats an explanation of authorization as a table. Pure. */

import type { ExplainedField } from '../authz/explain.ts';
import type { Principal } from '../pipeline/principal.ts';

export function explanationText(
  fields: readonly ExplainedField[],
  principal: Principal,
  notes: readonly string[],
): string {
  const rows = fields.map((field) => [
    field.field,
    field.outcome,
    field.coordinates.join(', '),
    reasonText(field),
  ]);
  const table = [['field', 'outcome', 'of the schema', 'why'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return [`For ${principalText(principal)}`, ...notes.map((note) => `Note: ${note}`), '', ...lines].join(
    '\n',
  );
}

/** Names the rule unless the reason already begins with its name. */
function reasonText({ rule, why, code }: ExplainedField): string {
  const reason = code === undefined ? why : `${why} (${code})`;
  return rule === null || why.startsWith(rule) ? reason : `${rule}: ${reason}`;
}

function principalText({ subject, client, tier, roles, scopes, provenBy }: Principal): string {
  if (provenBy === 'none') return 'an anonymous request: no access token, no API key';
  return [
    subject === null ? 'no subject' : JSON.stringify(subject),
    ...(client === null ? [] : [`client ${JSON.stringify(client)}`]),
    ...(tier === null ? [] : [`tier ${JSON.stringify(tier)}`]),
    `roles ${roles.join(', ') || 'none'}`,
    `scopes ${scopes.join(', ') || 'none'}`,
  ].join('; ');
}

/** API keys as text: names from flags, rows of a list. Never a secret, nor its digest. */

import { stateOf } from '../authn/api-keys/manage.ts';
import { validUntil } from '../authn/api-keys/known-key.ts';
import { clientName, scopeName, tierName, type KeyRecord } from '../config/gateway/auth-api-keys.ts';
import { text, UsageError } from './arguments.ts';

type Values = Readonly<Record<string, string | boolean | undefined>>;

/** @throws {UsageError} */
export function nameIn(values: Values, flag: 'client' | 'tier'): string | null {
  const given = text(values[flag]);
  if (given === undefined) return null;
  const result = (flag === 'client' ? clientName : tierName).safeParse(given);
  if (result.success) return given;
  throw new UsageError(`--${flag}: ${result.error.issues[0]?.message ?? ''}, got "${given}"`);
}

/** Between commas or spaces. @throws {UsageError} */
export function namesIn(values: Values, flag: 'scopes' | 'roles'): string[] {
  const names = (text(values[flag]) ?? '').split(/[\s,]+/).filter((name) => name !== '');
  const wrong = names.find((name) => !scopeName.safeParse(name).success);
  if (wrong !== undefined) throw new UsageError(`--${flag}: expected no space, " or \\, got "${wrong}"`);
  return [...new Set(names)];
}

export function keyRows(
  records: readonly KeyRecord[],
  used: ReadonlyMap<string, number>,
  nowMs: number,
): { readonly json: object[]; readonly table: string } {
  const sorted = records.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  const json = sorted.map(({ sha256: _digest, ...record }) => {
    const usedMs = used.get(record.id);
    return {
      ...record,
      state: stateOf(record, nowMs),
      lastUsedAt: usedMs === undefined ? null : new Date(usedMs).toISOString(),
    };
  });
  if (json.length === 0) return { json, table: 'no keys' };
  const rows = json.map((row) => [
    `trib_${row.id}`,
    row.client,
    row.tier ?? '-',
    [...row.scopes, ...row.roles].join(' ') || '-',
    row.state === 'rotated' ? `rotated to trib_${row.rotatedTo}` : row.state,
    untilText(row),
    row.lastUsedAt ?? 'never',
  ]);
  return {
    json,
    table: tableOf([['ID', 'CLIENT', 'TIER', 'SCOPES, ROLES', 'STATE', 'UNTIL', 'LAST USED'], ...rows]),
  };
}

function untilText(record: Pick<KeyRecord, 'expiresAt' | 'graceUntil'>): string {
  const untilMs = validUntil(record);
  return untilMs === null ? '-' : new Date(untilMs).toISOString();
}

function tableOf(rows: ReadonlyArray<readonly string[]>): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

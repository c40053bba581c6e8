/** API keys on the command line: names from flags, and the rows of a list. Never a secret or its digest. */

import { stateOf } from '../authn/api-keys/manage.ts';
import { validUntil } from '../authn/api-keys/api-key.ts';
import { clientName, scopeName, tierName, type KeyRecord } from '../config/gateway/auth-api-keys.ts';
import { flagText, UsageError, type FlagValues } from './arguments.ts';
import { tableOf } from './table.ts';

/** @throws {UsageError} */
export function readName(values: FlagValues, flag: 'client' | 'tier'): string | null {
  const name = flagText(values[flag]);
  if (name === undefined) return null;
  const result = (flag === 'client' ? clientName : tierName).safeParse(name);
  if (result.success) return name;
  throw new UsageError(`--${flag}: ${result.error.issues[0]?.message ?? ''}, got "${name}"`);
}

/** Names separated by commas or spaces. @throws {UsageError} */
export function readNames(values: FlagValues, flag: 'scopes' | 'roles'): string[] {
  const names = (flagText(values[flag]) ?? '').split(/[\s,]+/).filter((name) => name !== '');
  const invalid = names.find((name) => !scopeName.safeParse(name).success);
  if (invalid !== undefined)
    throw new UsageError(`--${flag}: names must not contain " or \\, got "${invalid}"`);
  return [...new Set(names)];
}

export function keyRows(
  records: readonly KeyRecord[],
  lastUsedMs: ReadonlyMap<string, number>,
  nowMs: number,
): { readonly json: object[]; readonly table: string } {
  const sorted = records.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  const json = sorted.map(({ sha256: _digest, ...record }) => {
    const usedMs = lastUsedMs.get(record.id);
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

/** Names a finding by what it says: the same finding has the same fingerprint after a rebase or an edit elsewhere. */

import { createHash } from 'node:crypto';

import type { Finding } from './report.ts';

const digits = 16;

export interface Fingerprinted extends Pick<Finding, 'rule' | 'client' | 'coordinate'> {
  /** What it was before, and what it is: types, values, tags. */
  readonly details: readonly string[];
}

/** @returns 16 hex digits. */
export function fingerprintOf({ rule, client, coordinate, details }: Fingerprinted): string {
  const text = JSON.stringify([rule, client, coordinate, details]);
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}

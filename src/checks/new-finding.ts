/** Makes findings, with their fingerprints. */

import { fingerprintOf } from './fingerprint.ts';
import type { FileLocation, Finding } from './report.ts';

export interface FindingText extends Pick<Finding, 'rule' | 'stage' | 'severity' | 'message'> {
  /** Default: everybody. */
  readonly client?: string | null;
  readonly coordinate?: string | null;
  readonly hint?: string | null;
  readonly location?: FileLocation | null;
  readonly operations?: Finding['operations'];
  /** What it was and what it is, for the fingerprint. Default: the message. */
  readonly details?: readonly string[];
}

export function newFinding({ details, ...text }: FindingText): Finding {
  const { client = null, coordinate = null, hint = null, location = null, operations = [] } = text;
  const named = { rule: text.rule, client, coordinate, details: details ?? [text.message] };
  return {
    ...text,
    fingerprint: fingerprintOf(named),
    client,
    coordinate,
    hint,
    location,
    operations,
    override: null,
  };
}

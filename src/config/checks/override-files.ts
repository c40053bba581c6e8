/**
 * Reads `schemas/policy/overrides/*.yaml`: each accepts one finding for a time.
 * docs/reference/checks-yaml.md explains each option.
 */

import { z } from 'zod';

import { GatewayError, isGatewayError } from '../../shared/errors.ts';
import { isDate } from '../../shared/dates.ts';
import { isRecord } from '../../shared/records.ts';
import { checkYaml } from '../yaml/file.ts';
import { assertSize } from './file-size.ts';

const filesMax = 1000;
const bytesMax = 16 * 1024;
const reasonCharsMin = 10;

/** What a template has where its author writes something. */
const placeholder =
  /^[^\p{L}\p{N}]*(?:(?:to ?do|tbd|fixme|xxx)\b.*|(?:reason|approver|owner|why)?[^\p{L}\p{N}]*)$|^<.*>$/isu;

const text = z
  .string()
  .max(2000)
  .refine((value) => !placeholder.test(value.trim()), 'expected what it is, not a placeholder');
/** Written without quotes, digits alone would be a number. */
const fingerprint = z.custom<string>(
  (value) => typeof value === 'string' && /^[0-9a-f]{16}$/.test(value),
  'expected the 16 hexadecimal digits of a finding, in quotes',
);
const label = z.string().min(1).max(1000).nullish();

export const overrideFileSchema = z.strictObject({
  fingerprint,
  /** Of the finding, for readers; checked where they are there. */
  rule: label,
  client: label,
  coordinate: label,
  reason: text.refine(
    (value) => value.trim().length >= reasonCharsMin,
    `expected a reason of ${reasonCharsMin} characters or more`,
  ),
  /** Who accepts it: the owner of the affected client. */
  approver: text,
  /** The last day on which it holds. */
  expires: z.string().refine(isDate, 'expected a date such as 2026-12-31'),
});

export interface OverrideEntry {
  readonly fingerprint: string;
  /** Null: not said, as client and coordinate. */
  readonly rule: string | null;
  readonly client: string | null;
  readonly coordinate: string | null;
  readonly reason: string;
  readonly approver: string;
  /** ISO 8601 date, in UTC: the last day on which it holds. */
  readonly expires: string;
  /** As it was passed. */
  readonly file: string;
}

export interface OverrideText {
  /** Relative to the root of the repository. */
  readonly file: string;
  readonly text: string;
}

/**
 * Variables of the environment are not replaced: a file may be a stranger's, and reports are published.
 *
 * @throws {GatewayError} `CONFIG_INVALID`, a line for each mistake in any of the files.
 */
export async function readOverrides(files: readonly OverrideText[]): Promise<OverrideEntry[]> {
  if (files.length > filesMax)
    throw new GatewayError('CONFIG_INVALID', `there are more than ${filesMax} files with overrides`);
  const entries: OverrideEntry[] = [];
  const mistakes: string[] = [];
  const fileOf = new Map<string, string>();
  for (const overrideText of files) {
    try {
      entries.push(await readOverride(overrideText, fileOf));
    } catch (error) {
      if (!isGatewayError(error)) throw error;
      mistakes.push(error.message);
    }
  }
  if (mistakes.length > 0) throw new GatewayError('CONFIG_INVALID', mistakes.join('\n'));
  return entries;
}

/** @param fileOf By fingerprint, of the overrides read before. */
async function readOverride(
  { file, text: source }: OverrideText,
  fileOf: Map<string, string>,
): Promise<OverrideEntry> {
  assertSize(source, bytesMax, file);
  const entry = await checkYaml(source, overrideFileSchema, {
    displayName: file,
    environment: {},
    check: (value, report) => {
      const own = isRecord(value) ? value['fingerprint'] : undefined;
      if (typeof own !== 'string') return;
      const other = fileOf.get(own);
      if (other !== undefined) report(['fingerprint'], `is that of ${other}, too: one override is enough`);
      else fileOf.set(own, file);
    },
  });
  const { rule = null, client = null, coordinate = null } = entry;
  return { ...entry, rule, client, coordinate, file };
}

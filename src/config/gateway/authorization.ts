/** The schemas of `authorization` and `audit` in gateway.yaml: who may see what, and who was. */

import { z } from 'zod';

import { filePath } from '../yaml/file-path.ts';

const milliseconds = z.int().min(1).max(600_000);

export const authorizationSchema = z.strictObject({
  /** A module that exports `policy`: who may see what. Relative to the file. */
  policy: filePath.optional(),
  /** Fields denied before execution are removed from the operation, or the whole request is refused. */
  unauthorized: z.enum(['prune', 'reject']).default('prune'),
  /** A rule that takes longer denies. */
  ruleTimeoutMs: milliseconds.default(1000),
  /** Variants of one operation without denied fields that are planned and cached. */
  variantsMax: z.int().min(0).max(10_000).default(32),
  /** Decide and record, but withhold nothing. */
  dryRun: z.boolean().default(false),
  /** Principals with this role may request a dry run with the header x-authorization-dry-run. */
  dryRunRole: z.string().min(1).optional(),
});

export const auditSchema = z.strictObject({
  /** JSON lines, one for each decision. Relative to the file. Absent: no file. */
  file: filePath.optional(),
  /** Size at which the file is rotated to FILE.1, FILE.1 to FILE.2, and so on. */
  fileBytesMax: z.int().min(1).max(1_073_741_824).default(10_485_760),
  /** Rotated files to keep. */
  filesMax: z.int().min(1).max(1000).default(5),
  /** Records waiting to be written. Further ones are lost, and counted. */
  queueMax: z.int().min(1).default(10_000),
  /** The share of allowances that is recorded; denials and masks always are. */
  allowSample: z.number().min(0).max(1).default(0.01),
  /** Variables whose values may be recorded. */
  variables: z.array(z.string().min(1)).default([]),
});

/** The schemas of `authorization` and `audit` in gateway.yaml: who may see what, and who was. */

import { z } from 'zod';

import { filePath } from '../yaml/file-path.ts';

const milliseconds = z.int().min(1).max(600_000);

export const authorizationSchema = z.strictObject({
  /** A module that exports `policy`: who may see what. Relative to the file. */
  policy: filePath.optional(),
  /** What is denied before execution: left out, or the whole request refused. */
  unauthorized: z.enum(['prune', 'reject']).default('prune'),
  /** A rule that has not decided by then denies. */
  ruleTimeoutMs: milliseconds.default(1000),
  /** Variants of one operation, by what is left out, that are planned and kept. */
  variantsMax: z.int().min(0).max(10_000).default(32),
  /** Decide and write down, but keep nothing back. */
  dryRun: z.boolean().default(false),
  /** Who has this role may ask for a dry run with the header x-authorization-dry-run. */
  dryRunRole: z.string().min(1).optional(),
});

export const auditSchema = z.strictObject({
  /** JSON lines, one for each decision. Relative to the file. Absent: no file. */
  file: filePath.optional(),
  /** When it would be larger it is put aside as FILE.1, FILE.1 as FILE.2, and so on. */
  fileBytesMax: z.int().min(1).max(1_073_741_824).default(10_485_760),
  /** Files put aside that are kept. */
  filesMax: z.int().min(1).max(1000).default(5),
  /** Records waiting to be written. Further ones are lost, and counted. */
  queueMax: z.int().min(1).default(10_000),
  /** Of what is allowed, this share is written down; what is denied or masked always is. */
  allowSample: z.number().min(0).max(1).default(0.01),
  /** Variables whose values may be written down. */
  variables: z.array(z.string().min(1)).default([]),
});

/** The schema of `log` in gateway.yaml. */

import { z } from 'zod';

const level = z.enum(['silent', 'error', 'warn', 'info', 'debug']);

export type LogLevel = z.output<typeof level>;

/** Request: `query`, `operationName`, `variables.…`. Response: `data.…`, `errors.…`. */
const bodyField = z
  .string()
  .regex(
    /^(query|operationName|(variables|data|errors)(\.[_A-Za-z][_0-9A-Za-z]*)+)$/,
    'expected a path such as variables.id, data.order.id or errors.message',
  );

const bodiesSchema = z.strictObject({
  /** Of these clients. Empty: of all requests. */
  clients: z.array(z.string().min(1)).default([]),
  /** With operations of these names. Empty: of all. */
  operations: z.array(z.string().min(1)).default([]),
  /** Of those, so many in a hundred, chosen at random. */
  samplePercent: z.number().min(0).max(100).default(100),
  /** What is logged: scalars, and lists of them, at these paths. */
  fields: z.array(bodyField).min(1),
  /** What is logged of one body. More is cut. */
  bytesMax: z.int().min(1).max(16_384).default(4096),
  linesPerSecondMax: z.int().min(1).max(1000).default(10),
});

export type BodiesConfig = z.output<typeof bodiesSchema>;

export const logSchema = z.strictObject({
  level: level.default('info'),
  /** Lines of requests: of all, of those that were refused or whose answer has errors, or of none. */
  requests: z.enum(['all', 'failed', 'none']).default('all'),
  /** Lines of refused requests, in each process. Further ones are counted by code. */
  refusedLinesPerSecondMax: z.int().min(0).max(1_000_000).default(100),
  /** From which duration a request has a line with its plan and its calls. 0: none has. */
  slowOperationMs: z.int().min(0).max(600_000).default(1000),
  /** Parts of bodies, for debugging. Absent: none are logged. */
  bodies: bodiesSchema.optional(),
  /**
   * Error messages written by backends, which may repeat client input: `pass` logs them, `redact`
   * leaves them out. Default: `redact` where NODE_ENV is `production`, else `pass`.
   */
  backendMessages: z.enum(['pass', 'redact']).optional(),
  /** Log lines that wait for a slow reader. Further lines are lost, and counted. */
  bufferBytesMax: z.int().min(1).max(1_073_741_824).default(8_388_608),
});

export type LogConfig = Omit<z.output<typeof logSchema>, 'backendMessages'> & {
  readonly backendMessages: 'pass' | 'redact';
};

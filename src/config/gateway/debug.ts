/** The schema of `debug` in gateway.yaml: who may ask what the gateway did for a request. */

import { z } from 'zod';

/** Request header that carries a debug token. It is for the gateway alone: services never get it. */
export const debugHeader = 'x-tributary-debug';

/** As for HS256: the length of its hash. */
const secretBytesMin = 32;

export const debugSchema = z.strictObject({
  /** Signs debug tokens. Keep it in an environment variable. */
  secret: z
    .string()
    .refine(
      (secret) => Buffer.byteLength(secret) >= secretBytesMin,
      `expected at least ${secretBytesMin} bytes, from a random source: openssl rand -base64 32`,
    ),
  /** Of the tokens: those for another environment are refused. */
  audience: z.string().min(1).max(256).default('tributary'),
  /** From its issue to its expiry. Tokens with a longer life are refused. */
  lifetimeSecondsMax: z.int().min(1).max(86_400).default(3600),
  /** Tokens whose uses are counted at once. A further one is refused until one of them has expired. */
  tokensMax: z.int().min(1).max(1_000_000).default(10_000),
});

export type DebugConfig = z.output<typeof debugSchema>;

/** The `--log` flag of commands that run a gateway. */

import { UsageError } from './arguments.ts';

const levels = ['silent', 'error', 'warn', 'info', 'debug'] as const;

/** @throws {UsageError} */
export function readLevel(level: string | undefined): (typeof levels)[number] {
  const match = levels.find((candidate) => candidate === (level ?? 'warn'));
  if (!match) throw new UsageError(`--log must be one of ${levels.join(', ')}, got "${level}"`);
  return match;
}

/** What the commands share: reading flags, and ending with one clear line instead of a stack trace. */

import { parseArgs, type ParseArgsConfig } from 'node:util';

import { isGatewayError } from '../shared/errors.ts';
import { errorText } from '../shared/error-text.ts';

/** Wrong use of a command: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What was asked cannot be done: exit code 1. The message says what to do. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;

export interface Command {
  readonly summary: string;
  readonly help: string;
  /** @returns The exit code, or nothing where the command goes on running. */
  run(args: readonly string[]): Promise<number | undefined>;
}

export type Flags = NonNullable<ParseArgsConfig['options']>;

/** @throws {UsageError} For a flag that is unknown or lacks its value, and for anything that is not a flag. */
export function readFlags(
  args: readonly string[],
  options: Flags,
): Record<string, string | boolean | undefined> {
  try {
    const { values } = parseArgs({ args: [...args], options, strict: true, allowPositionals: false });
    return values as Record<string, string | boolean | undefined>;
  } catch (error) {
    const message = errorText(error);
    // Node's messages go on with advice on "--": the first sentence says what is wrong.
    throw new UsageError(message.split('. ')[0] ?? message);
  }
}

export function text(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** @throws {UsageError} */
export function readPort(value: string | boolean | undefined): number | undefined {
  const given = text(value);
  if (given === undefined) return undefined;
  const port = /^\d{1,5}$/.test(given) ? Number(given) : Number.NaN;
  if (!(port <= 65_535)) throw new UsageError(`--port must be a number from 0 to 65535, got "${given}"`);
  return port;
}

/** Runs `command` and prints what went wrong, if anything, on standard error. */
export async function runCommand(
  name: string,
  command: Command,
  args: readonly string[],
): Promise<number | undefined> {
  try {
    if (args.includes('--help') || args.includes('-h')) {
      console.log(command.help);
      return exitCodes.ok;
    }
    return await command.run(args);
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`tributary ${name}: ${error.message} (see tributary ${name} --help)`);
      return exitCodes.usage;
    }
    if (error instanceof CommandFailed || (isGatewayError(error) && error.code !== 'INTERNAL_ERROR')) {
      console.error(`tributary ${name}: ${error.message}`);
      return exitCodes.failed;
    }
    const message = errorText(error);
    console.error(`tributary ${name}: unexpected failure: ${message.split('\n')[0] ?? message}`);
    if (process.env.TRIBUTARY_DEBUG) console.error(error);
    else console.error('Set TRIBUTARY_DEBUG=1 to see where it came from.');
    return exitCodes.failed;
  }
}

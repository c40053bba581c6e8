/** Shared by all commands: reads flags, and reports a failure as one line instead of a stack trace. */

import { parseArgs, type ParseArgsConfig } from 'node:util';

import { didYouMean } from '../config/yaml/suggest.ts';
import { isGatewayError } from '../shared/errors.ts';
import { errorText } from '../shared/error-text.ts';

/** A command was used wrongly: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command cannot do its work: exit code 1. The message says what to do. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;

export interface Command {
  readonly summary: string;
  readonly help: string;
  /** @returns The exit code, or undefined if the command keeps running. */
  run(args: readonly string[]): Promise<number | undefined>;
}

export type Flags = NonNullable<ParseArgsConfig['options']>;

export type FlagValue = string | boolean | readonly string[] | undefined;

export type FlagValues = Readonly<Record<string, FlagValue>>;

export interface Arguments {
  readonly values: FlagValues;
  /** What is no flag, such as the name of a client. */
  readonly operands: readonly string[];
}

/** @throws {UsageError} For an unknown flag, a flag without its value, and a positional argument. */
export function readFlags(args: readonly string[], options: Flags): FlagValues {
  return readArguments(args, options, 0).values;
}

/** @throws {UsageError} For an unknown flag, a flag without its value, and more operands than `operandsMax`. */
export function readArguments(args: readonly string[], options: Flags, operandsMax: number): Arguments {
  try {
    const allowPositionals = operandsMax > 0;
    const { values, positionals } = parseArgs({ args: [...args], options, strict: true, allowPositionals });
    const extra = positionals[operandsMax];
    if (extra !== undefined) throw new Error(`Unexpected argument '${extra}'`);
    return { values: values as FlagValues, operands: positionals };
  } catch (error) {
    const message = errorText(error);
    // The first sentence says what is wrong; Node adds advice about "--".
    const [mistake = message] = message.split('. ');
    const unknownFlag = /^Unknown option '(--[^']+)'$/.exec(mistake)?.[1];
    const flags = [...Object.keys(options), 'help'].map((name) => `--${name}`);
    throw new UsageError(unknownFlag === undefined ? mistake : `${mistake}${didYouMean(unknownFlag, flags)}`);
  }
}

/** The action of a command that has several. @throws {UsageError} Where none has this name. */
export function actionNamed<Action>(actions: Readonly<Record<string, Action>>, name: string): Action {
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action !== undefined) return action;
  const names = Object.keys(actions);
  throw new UsageError(
    `expected one of: ${names.join(', ')}${name === '' ? '' : `; got "${name}"${didYouMean(name, names)}`}`,
  );
}

/** The value of a flag that takes one. */
export function flagText(value: FlagValue): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The values of a flag that may be given several times. */
export function flagTexts(value: FlagValue): readonly string[] {
  return typeof value === 'object' ? value : [];
}

/** @throws {UsageError} */
export function readPort(value: FlagValue): number | undefined {
  const input = flagText(value);
  if (input === undefined) return undefined;
  const port = /^\d{1,5}$/.test(input) ? Number(input) : Number.NaN;
  if (!(port <= 65_535)) throw new UsageError(`--port must be a number from 0 to 65535, got "${input}"`);
  return port;
}

/** Runs `command`; a failure goes to standard error. */
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
    else console.error('Set TRIBUTARY_DEBUG=1 to see the stack trace.');
    return exitCodes.failed;
  }
}

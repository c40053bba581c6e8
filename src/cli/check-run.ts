/** What the commands about schema changes have in common: reading their flags, running the check, writing reports. */

import { readFile, writeFile } from 'node:fs/promises';
import { isatty } from 'node:tty';

import { check, checkLimitDefaults } from '../checks/check.ts';
import type { ThreadLimits } from '../checks/limited-thread.ts';
import { withUsage } from '../checks/operations/usage.ts';
import { Traffic } from '../checks/policy/traffic.ts';
import { outputFormats } from '../checks/outputs/formats.ts';
import type { OutputFormat, OutputOptions } from '../checks/outputs/output-format.ts';
import type { CheckReport, Verdict } from '../checks/report.ts';
import type { CheckInput } from '../checks/run.ts';
import { isGatewayError } from '../shared/errors.ts';
import { flagText, flagTexts, UsageError, type FlagValues } from './arguments.ts';
import { readPolicy, readStates, stateFlags, stateHelp, type CheckedStates } from './check-states.ts';

/** Less is not enough to start a thread. */
const memoryMbMin = 64;
const overrideDays = 30;
const dayMs = 86_400_000;

export const checkFlags = {
  ...stateFlags,
  usage: { type: 'string' },
  timeout: { type: 'string' },
  memory: { type: 'string' },
} as const;

export const checkHelp = `${stateHelp}
  --usage FILE             recorded usage, as JSON lines: client, version, operation, hash, calls, lastSeen, document
  --timeout SECONDS        of the whole check (default: ${checkLimitDefaults.timeoutMs / 1000})
  --memory MEBIBYTES       of the whole check (default: ${checkLimitDefaults.memoryMb})`;

export const outputFlags = {
  format: { type: 'string' },
  out: { type: 'string', multiple: true },
} as const;

export const outputHelp = `  --format FORMAT          on standard output (default: text)
  --out FORMAT=FILE        write a report to a file as well; may be repeated`;

export const formatsHelp = `Formats:
${[...outputFormats.values()].map(({ name, description }) => `  ${name.padEnd(24)} ${description}`).join('\n')}`;

const codes: Readonly<Record<Verdict, number>> = { passed: 0, failed: 1, invalid: 3 };

export function exitCodeOf({ verdict }: CheckReport): number {
  return codes[verdict];
}

/** Mistakes in files and flags are the same to who reads the exit code. */
export async function configured<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (isGatewayError(error) && error.code === 'CONFIG_INVALID') throw new UsageError(error.message);
    throw error;
  }
}

export interface CheckRun {
  readonly states: CheckedStates;
  readonly report: CheckReport;
}

/**
 * @param change Of what is checked. Default: nothing is changed.
 * @param signal Ends it, and then its reason is thrown. Default: nobody does.
 */
export async function runCheck(
  flags: FlagValues,
  change: (input: CheckInput) => CheckInput = (input) => input,
  signal?: AbortSignal,
): Promise<CheckRun> {
  const limits = readLimits(flags);
  const states = await readStates(flags);
  const input = await inputOf(states, flagText(flags['usage']));
  return { states, report: await check(change(input), limits, signal) };
}

function readLimits(flags: FlagValues): ThreadLimits {
  const { timeoutMs, memoryMb } = checkLimitDefaults;
  return {
    timeoutMs: numberFlag(flags, 'timeout', { min: 1, byDefault: timeoutMs / 1000 }) * 1000,
    memoryMb: numberFlag(flags, 'memory', { min: memoryMbMin, byDefault: memoryMb }),
  };
}

async function inputOf(states: CheckedStates, usage: string | undefined): Promise<CheckInput> {
  const { base, head } = states;
  const now = new Date();
  const { policy, overrides } = await readPolicy(states);
  const rest = { policy, overrides, now: now.toISOString() };
  if (usage === undefined) return { base, head, ...rest };
  const text = await readFile(usage, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`--usage: ${usage} cannot be read (${error.code ?? error.message})`);
  });
  const traffic = new Traffic({ policy, clients: [], now });
  const { operations, problems } = withUsage(
    head.operations,
    { file: usage, text },
    {
      before: base.operations,
      isExcluded: (client) => traffic.isExcluded(client),
      isRecent: (lastSeenAt) => traffic.isRecent(lastSeenAt),
    },
  );
  return { base, head: { ...head, operations, problems: [...head.problems, ...problems] }, ...rest };
}

export function outputOptions(graph: string): OutputOptions {
  return {
    colour: isatty(1) && process.env.NO_COLOR === undefined,
    command: 'npx --no -- tributary',
    graphFile: graph,
    overrideExpires: overrideExpires(),
  };
}

/** ISO 8601 date. */
export function overrideExpires(): string {
  return new Date(Date.now() + overrideDays * dayMs).toISOString().slice(0, 10);
}

export interface Outputs {
  readonly shown: OutputFormat;
  readonly files: ReadonlyArray<{ readonly format: OutputFormat; readonly file: string }>;
}

/** @throws {UsageError} Before anything is checked. */
export function readOutputs(flags: FlagValues): Outputs {
  return {
    shown: formatNamed(flagText(flags['format']) ?? 'text', '--format'),
    files: flagTexts(flags['out']).map(outputFlag),
  };
}

/** @param text On standard output, in place of the report. */
export async function writeOutputs(
  { shown, files }: Outputs,
  report: CheckReport,
  { text, ...options }: OutputOptions & { readonly text?: string | undefined },
): Promise<void> {
  for (const { format, file } of files) {
    await writeFile(file, format.render(report, { ...options, colour: false })).catch(
      (error: NodeJS.ErrnoException) => {
        throw new UsageError(`cannot write ${file} (${error.code ?? error.message})`);
      },
    );
  }
  process.stdout.write(text ?? shown.render(report, options));
}

function outputFlag(text: string): { readonly format: OutputFormat; readonly file: string } {
  const [, name = '', file = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (file === '') throw new UsageError(`--out must be FORMAT=FILE, got "${text}"`);
  return { format: formatNamed(name, '--out'), file };
}

function formatNamed(name: string, flag: string): OutputFormat {
  const format = outputFormats.get(name);
  if (format) return format;
  throw new UsageError(
    `${flag}: there is no format "${name}"; formats: ${[...outputFormats.keys()].join(', ')}`,
  );
}

function numberFlag(
  flags: FlagValues,
  name: string,
  { min, byDefault }: { readonly min: number; readonly byDefault: number },
): number {
  const text = flagText(flags[name]);
  if (text === undefined) return byDefault;
  if (!/^[1-9]\d{0,5}$/.test(text) || Number(text) < min)
    throw new UsageError(`--${name} must be a number from ${min} to 999999, got "${text}"`);
  return Number(text);
}

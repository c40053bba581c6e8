/**
 * `npm run mocks`: starts the mock services in one process and prints their addresses. Ends with its parent process.
 */

import { parseArgs } from 'node:util';

import { mockNames } from './shared/mock.ts';
import type { MockName } from './shared/mock.ts';
import { startMocks } from './start.ts';
import type { Mocks, StartMocksOptions } from './start.ts';

const help = `Usage: npm run mocks -- [options]

Starts the mock services of the demo shop on 127.0.0.1: ${mockNames.join(', ')}.

  --only a,b      start only these services
  --port-base N   first port (default: 4100): products on N+1, its control address on N+101; 0 for any free ports
  --memoise       compute the response to each GraphQL request once (for benchmarks)
  --json          print the addresses as one line of JSON
  --help          print this help
`;

/** The command was used wrongly: one line, exit code 2. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

interface Command extends StartMocksOptions {
  readonly json: boolean;
  readonly help: boolean;
}

// The highest control port is 222 above the base.
const portBaseMax = 65_535 - 222;
const closeMs = 1_000;

await main();

async function main(): Promise<void> {
  try {
    const command = readCommand(process.argv.slice(2));
    if (command.help) {
      console.log(help);
      return;
    }
    const starting = startMocks(command);
    endWithParent(starting);
    const mocks = await starting;
    console.log(command.json ? toJson(mocks) : toTable(mocks));
  } catch (error) {
    console.error(`mocks: ${messageOf(error)}`);
    // The IPC channel to a parent would keep the process alive.
    process.exit(error instanceof UsageError ? 2 : 1);
  }
}

function readCommand(args: string[]): Command {
  const { values } = readFlags(args);
  const portBase = values['port-base'];
  return {
    json: values.json,
    help: values.help,
    memoise: values.memoise,
    ...(portBase === undefined ? {} : { portBase: readPortBase(portBase) }),
    ...(values.only === undefined ? {} : { only: readNames(values.only) }),
  };
}

function readFlags(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        only: { type: 'string' },
        'port-base': { type: 'string' },
        memoise: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    // The first sentence says what is wrong; Node adds advice.
    const [first = ''] = messageOf(error).split('. ', 1);
    throw new UsageError(`${first} (see --help)`);
  }
}

function readPortBase(text: string): number {
  const portBase = Number(text);
  if (!/^\d+$/.test(text) || portBase > portBaseMax)
    throw new UsageError(`--port-base must be a number from 0 to ${portBaseMax}, got "${text}"`);
  return portBase;
}

function readNames(text: string): MockName[] {
  return text.split(',').map((name) => {
    const match = mockNames.find((candidate) => candidate === name.trim());
    if (!match) throw new UsageError(`no mock "${name}"; mocks: ${mockNames.join(', ')}`);
    return match;
  });
}

/** Registered before the mocks have started, so that a parent can end the process during startup. */
function endWithParent(starting: Promise<Mocks>): void {
  const end = (): void => {
    // Connections are destroyed, so closing takes milliseconds; if a server hangs, the process ends nevertheless.
    setTimeout(() => process.exit(0), closeMs).unref();
    void starting.then((mocks) => mocks.close()).finally(() => process.exit(0));
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  process.once('disconnect', end);
}

function toJson({ all }: Mocks): string {
  return JSON.stringify({
    mocks: all.map(({ name, protocol, url, controlUrl }) => ({ name, protocol, url, controlUrl })),
  });
}

function toTable({ all }: Mocks): string {
  const header = ['NAME', 'PROTOCOL', 'ADDRESS', 'CONTROL'];
  const rows = [header, ...all.map((mock) => [mock.name, mock.protocol, mock.url, mock.controlUrl])];
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  const example = all.find(({ name }) => name === 'reviews') ?? all[0];
  if (!example) return lines.join('\n');
  return `${lines.map((line) => line.trimEnd()).join('\n')}

Set faults:    curl -X PUT ${example.controlUrl}/faults -d '{"latencyMs": 800, "errorRate": 0.5}'
Clear faults:  curl -X DELETE ${example.controlUrl}/faults
Show calls:    curl ${example.controlUrl}/calls

Ctrl-C stops all.`;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'EADDRINUSE' && 'port' in error)
    return `port ${String(error.port)} is in use: use --port-base 0 for free ports`;
  return error.message;
}

/** `tributary demo`: the mock services and the gateway, in one go and on nothing but Node. */

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { GatewayError } from '../shared/errors.ts';
import { readFlags, readPort, text, UsageError, type Command } from './arguments.ts';
import { closeOnSignals } from './signals.ts';

interface MockAddress {
  readonly name: string;
  readonly protocol: string;
  readonly url: string;
  readonly controlUrl: string;
}

interface RunningMocks {
  readonly addresses: readonly MockAddress[];
  readonly child: ChildProcess;
}

/** Who anybody may pretend to be here. */
type DemoTokens = Readonly<Record<string, string>>;

const root = new URL('../../', import.meta.url);
const mocksStartTimeoutMs = 30_000;
const mocksStopTimeoutMs = 2000;

export const demo: Command = {
  summary: 'run the gateway with the mock services of a web shop',
  help: `Usage: tributary demo [--embedded] [--port N] [--host NAME] [--log LEVEL]

Starts the mock services as a child process and the gateway in front of them. Ctrl-C stops everything.
Who may see what is decided by schemas/policy/permissions.ts; schemas/demo has tokens to try it with, of the demo only.

  --embedded    nothing but Node: memory stores, mock services as a child process (the default)
  --port N      port of the gateway, 0 for any free one (default: 4000)
  --host NAME   address to listen on (default: 127.0.0.1)
  --log LEVEL   silent, error, warn, info or debug (default: warn)
  --help        print this`,

  async run(args) {
    const flags = readFlags(args, {
      embedded: { type: 'boolean' },
      port: { type: 'string' },
      host: { type: 'string' },
      log: { type: 'string' },
    });
    const port = readPort(flags.port);
    const host = text(flags.host);
    const logLevel = readLevel(text(flags.log));
    // All of it takes some seconds, more on a busy machine.
    console.log('Starting the mock services and the gateway ...');
    const serving = closeOnSignals();
    // Not before the flags are known to be right: it loads the whole gateway.
    const { start } = await import('../assembly/start.ts');
    const tokens = await readTokens();
    const mocks = await startMocks();
    try {
      const gateway = await start({
        graphPath: fileURLToPath(new URL('schemas/graph.yaml', root)),
        configPath: fileURLToPath(new URL('schemas/demo/gateway.yaml', root)),
        environment: { ...process.env, ...addressVariables(mocks.addresses) },
        logLevel,
        ...(port === undefined ? {} : { port }),
        ...(host === undefined ? {} : { host }),
      });
      serving({
        reload: () => gateway.reload(),
        close: async () => {
          await gateway.close();
          await stop(mocks.child);
        },
      });
      console.log(banner(gateway.url, mocks.addresses, tokens));
      return undefined;
    } catch (error) {
      await stop(mocks.child);
      throw error;
    }
  },
};

const levels = ['silent', 'error', 'warn', 'info', 'debug'] as const;

function readLevel(level: string | undefined): (typeof levels)[number] {
  const known = levels.find((candidate) => candidate === (level ?? 'warn'));
  if (!known) throw new UsageError(`--log must be one of ${levels.join(', ')}, got "${level}"`);
  return known;
}

async function readTokens(): Promise<DemoTokens> {
  const text = await readFile(new URL('schemas/demo/tokens.json', root), 'utf8');
  return JSON.parse(text) as DemoTokens;
}

/** On their usual ports, or on free ones where those are taken. */
async function startMocks(): Promise<RunningMocks> {
  const program = fileURLToPath(new URL('subgraphs-mock/main.ts', root));
  if (!existsSync(program)) {
    throw new GatewayError(
      'CONFIG_INVALID',
      'The mock services are part of the repository only: run this in a checkout',
    );
  }
  return (await trySpawn(program, [])) ?? (await trySpawn(program, ['--port-base', '0'])) ?? fail();
}

function fail(): never {
  throw new GatewayError('CONFIG_INVALID', 'The mock services do not start: see what `npm run mocks` says');
}

/** @returns undefined when the child ended without saying where it listens. */
async function trySpawn(program: string, args: readonly string[]): Promise<RunningMocks | undefined> {
  // The channel ends the child when this process ends, however that happens.
  const child = spawn(process.execPath, [program, '--json', ...args], {
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
  });
  const line = await firstLine(child);
  if (line === undefined) {
    await stop(child);
    return undefined;
  }
  const { mocks } = JSON.parse(line) as { mocks: MockAddress[] };
  return { addresses: mocks, child };
}

function firstLine(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    let output = '';
    const timer = setTimeout(() => resolve(undefined), mocksStartTimeoutMs);
    const finish = (line: string | undefined): void => {
      clearTimeout(timer);
      resolve(line);
    };
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const end = output.indexOf('\n');
      if (end >= 0) finish(output.slice(0, end));
    });
    child.on('exit', () => finish(undefined));
    child.on('error', () => finish(undefined));
  });
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    const timer = setTimeout(() => child.kill('SIGKILL'), mocksStopTimeoutMs);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

/** `products` is `PRODUCTS_URL` in graph.yaml. */
function addressVariables(mocks: readonly MockAddress[]): Record<string, string> {
  return Object.fromEntries(mocks.map(({ name, url }) => [`${name.toUpperCase()}_URL`, url]));
}

function banner(url: string, mocks: readonly MockAddress[], tokens: DemoTokens): string {
  const rows = mocks.map(({ name, protocol, url: at, controlUrl }) => {
    return `  ${name.padEnd(10)}${protocol.padEnd(9)}${at.padEnd(34)}${controlUrl}`;
  });
  const people = Object.entries(tokens).map(([name, token]) => {
    return `  ${name.padEnd(8)}-H 'authorization: Bearer ${token}'`;
  });
  const query =
    '{ orderDetails(orderId: \\"o1\\") { order { status total } user { name } payment { status } } }';
  return `
Tributary is running at ${url}   (open it in a browser for GraphiQL)

  ${'service'.padEnd(10)}${'protocol'.padEnd(9)}${'address'.padEnd(34)}control address
${rows.join('\n')}

Try:
  curl -s ${url} -H 'content-type: application/json' \\
    -d '{"query":"${query}"}'

Break one, then ask again:
  curl -X PUT ${mocks.find(({ name }) => name === 'users')?.controlUrl ?? ''}/faults -d '{"status":503}'

Be somebody (of this demo only; the answers differ in email, createdAt and trackingCode):
${people.join('\n')}

Ctrl-C stops everything.
`;
}

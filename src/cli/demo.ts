/** `tributary demo`: starts the mock services and the gateway; needs only Node. */

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import type { RunningGateway } from '../assembly/start.ts';
import { GatewayError } from '../shared/errors.ts';
import { readFlags, readPort, flagText, type Command } from './arguments.ts';
import { readLevel } from './log-level.ts';
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

/** What can be sent to the demo by name: access tokens of its users, API keys of its clients. */
interface DemoCredentials {
  readonly tokens: Readonly<Record<string, string>>;
  readonly keys: Readonly<Record<string, string>>;
}

const root = new URL('../../', import.meta.url);
const mocksStartTimeoutMs = 30_000;
const mocksStopTimeoutMs = 2000;

export const demo: Command = {
  summary: 'run the gateway with the mock services of a web shop',
  help: `Usage: tributary demo [--embedded] [--port N] [--host NAME] [--log LEVEL]

Starts the mock services as a child process and the gateway in front of them. Ctrl-C stops everything.
The access policy is schemas/policy/permissions.ts, the clients are in schemas/clients. schemas/demo has access tokens of
users and API keys of clients, valid in this demo only.

  --embedded    in-memory stores, mock services as a child process (the default)
  --port N      port of the gateway, 0 for any free port (default: 4000)
  --host NAME   address to listen on (default: 127.0.0.1)
  --log LEVEL   silent, error, warn, info or debug (default: warn)
  --help        print this help`,

  async run(args) {
    const flags = readFlags(args, {
      embedded: { type: 'boolean' },
      port: { type: 'string' },
      host: { type: 'string' },
      log: { type: 'string' },
    });
    const port = readPort(flags.port);
    const host = flagText(flags.host);
    const logLevel = readLevel(flagText(flags.log));
    // Startup takes some seconds.
    console.log('Starting the mock services and the gateway ...');
    const serving = closeOnSignals();
    // Imported only once the flags are valid: this loads the whole gateway.
    const { start } = await import('../assembly/start.ts');
    const mocks = await startMocks();
    try {
      const credentials = await readCredentials();
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
        switchLogLevel: () => gateway.switchLogLevel(),
        close: async () => {
          await gateway.close();
          await stop(mocks.child);
        },
      });
      console.log(banner(gateway, mocks.addresses, credentials));
      return undefined;
    } catch (error) {
      await stop(mocks.child);
      throw error;
    }
  },
};

async function readCredentials(): Promise<DemoCredentials> {
  const read = async (name: string): Promise<Record<string, string>> => {
    const text = await readFile(new URL(`schemas/demo/${name}.json`, root), 'utf8');
    return JSON.parse(text) as Record<string, string>;
  };
  return { tokens: await read('tokens'), keys: await read('client-keys') };
}

/** On their default ports, or on free ports if those are in use. */
async function startMocks(): Promise<RunningMocks> {
  const program = fileURLToPath(new URL('subgraphs-mock/main.ts', root));
  if (!existsSync(program)) {
    throw new GatewayError(
      'CONFIG_INVALID',
      'The mock services are only in the repository: run the demo in a checkout',
    );
  }
  return (await trySpawn(program, [])) ?? (await trySpawn(program, ['--port-base', '0'])) ?? fail();
}

function fail(): never {
  throw new GatewayError('CONFIG_INVALID', 'The mock services do not start: run `npm run mocks` to see why');
}

/** @returns undefined if the child ended before it printed its addresses. */
async function trySpawn(program: string, args: readonly string[]): Promise<RunningMocks | undefined> {
  // The IPC channel ends the child when this process ends, even by SIGKILL.
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

/** graph.yaml reads the address of `products` from `PRODUCTS_URL`. */
function addressVariables(mocks: readonly MockAddress[]): Record<string, string> {
  return Object.fromEntries(mocks.map(({ name, url }) => [`${name.toUpperCase()}_URL`, url]));
}

function banner(
  { url, metricsUrl }: Pick<RunningGateway, 'url' | 'metricsUrl'>,
  mocks: readonly MockAddress[],
  { tokens, keys }: DemoCredentials,
): string {
  const rows = mocks.map(({ name, protocol, url: address, controlUrl }) => {
    return `  ${name.padEnd(10)}${protocol.padEnd(9)}${address.padEnd(34)}${controlUrl}`;
  });
  const userRows = Object.entries(tokens).map(([name, token]) => {
    return `  ${name.padEnd(8)}-H 'authorization: Bearer ${token}'`;
  });
  const keyRows = Object.entries(keys).map(([name, key]) => `  ${name.padEnd(13)}-H 'x-api-key: ${key}'`);
  const product = '{ product(upc: \\"p1\\") { name price quantity weightGrams } }';
  const query =
    '{ orderDetails(orderId: \\"o1\\") { order { status total } user { name } payment { status } } }';
  return `
Tributary is running at ${url}   (open it in a browser for GraphiQL)

  ${'service'.padEnd(10)}${'protocol'.padEnd(9)}${'address'.padEnd(34)}control address
${rows.join('\n')}

Try:
  curl -s ${url} -H 'content-type: application/json' \\
    -d '{"query":"${query}"}'

Make one service fail, then send the request again:
  curl -X PUT ${mocks.find(({ name }) => name === 'users')?.controlUrl ?? ''}/faults -d '{"status":503}'

Authenticate as one of the demo's users (email, createdAt and trackingCode differ):
${userRows.join('\n')}

Ask as one of the demo's clients, each of which sees its own part of the graph (without a key: client anonymous):
${keyRows.join('\n')}
  curl -s ${url} -H 'content-type: application/json' -H 'x-api-key: ${keys['demo-web'] ?? ''}' \\
    -d '{"query":"${product}"}'

Metrics for Prometheus: ${metricsUrl ?? 'switched off'}

Ctrl-C stops everything.
`;
}

/** The command `npm run mocks` as a process: what it prints, how it ends. */
import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { afterEach, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
});

describe('the mocks command', () => {
  it('prints a table of addresses and how to break a service, and ends with 0 on SIGTERM', async () => {
    const child = run('--port-base', '0');
    const printed = await until(child, 'Ctrl-C');
    expect(printed).toMatch(
      /^NAME +PROTOCOL +ADDRESS +CONTROL\nproducts +graphql +http:\/\/127\.0\.0\.1:\d+\/graphql/,
    );
    expect(printed).toMatch(/curl -X PUT http:\/\/127\.0\.0\.1:\d+\/faults -d/);
    const signalledAtMs = performance.now();
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(performance.now() - signalledAtMs).toBeLessThan(2_000);
  });

  it('prints one line of JSON for programs', async () => {
    const child = run('--port-base', '0', '--only', 'users,inventory', '--json');
    const { mocks } = JSON.parse(await until(child, '\n')) as { mocks: object[] };
    expect(mocks).toMatchObject([
      { name: 'users', protocol: 'rest', controlUrl: expect.stringMatching(/^http:/) },
      { name: 'inventory', protocol: 'grpc', url: expect.stringMatching(/^grpc:/) },
    ]);
  });

  it('ends when the parent it has a channel to goes away', async () => {
    const child = fork(main, ['--port-base', '0', '--only', 'users', '--json'], { silent: true });
    children.push(child);
    await until(child, '\n');
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('reports in one line which port is in use, and exits with 1', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as AddressInfo;
    const ended = await endOf(run('--only', 'products', '--port-base', String(port - 1)));
    squatter.close();
    expect(ended).toEqual({
      code: 1,
      stderr: `mocks: port ${port} is in use: use --port-base 0 for free ports\n`,
    });
  });

  it.each([
    [['--bogus'], "mocks: Unknown option '--bogus' (see --help)\n"],
    [['--port-base', 'x'], 'mocks: --port-base must be a number from 0 to 65313, got "x"\n'],
    [['--only', 'cats'], expect.stringMatching(/^mocks: no mock "cats"; mocks: products, .*\n$/)],
  ])('refuses %j in one line and exits with 2', async (args, stderr) => {
    expect(await endOf(run(...args))).toEqual({ code: 2, stderr });
  });
});

function run(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  return child;
}

/** What the process has printed once `text` is among it. */
async function until(child: ChildProcess, text: string): Promise<string> {
  let printed = '';
  for await (const chunk of child.stdout ?? []) {
    printed += String(chunk);
    if (printed.includes(text)) return printed;
  }
  throw new Error(`the process ended without printing ${text}: ${printed}`);
}

async function endOf(child: ChildProcess): Promise<{ code: number | null; stderr: string }> {
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += String(chunk);
  });
  await once(child, 'close');
  return { code: child.exitCode, stderr };
}

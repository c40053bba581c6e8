/** `server.tls`: as a real process, one and several, whose files change while it runs. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';

import { describe, expect, it, onTestFinished } from 'vitest';

import { startMocks } from '../../subgraphs-mock/start.ts';
import { tlsClient } from '../support/ask-tls.ts';
import { makeAuthority } from '../support/certificates.ts';
import { folderWith } from '../support/folder.ts';
import { childrenOf, killFirst } from '../support/processes.ts';
import { addressVariables, graphPath, productsGraph } from '../support/shop.ts';
import { runTributary, servedAt, type Tributary, tributary } from '../support/tributary.ts';

const query = '{ products(first: 1) { name } }';
const authority = makeAuthority();
const patience = { timeout: 60_000, interval: 50 };
const issue = () => authority.issue({ names: ['DNS:localhost', 'IP:127.0.0.1'] });

interface Given {
  readonly url: string;
  readonly running: Tributary;
  readonly ca: string;
  readonly put: (pair: { readonly cert: string; readonly key: string }) => Promise<void>;
}

async function given(settings: string, args: readonly string[] = []): Promise<Given> {
  const mocks = await startMocks({ portBase: 0 });
  onTestFinished(() => mocks.close());
  const { cert, key } = issue();
  const folder = await folderWith({
    'gateway.yaml': settings,
    'graph.yaml': productsGraph,
    'server.pem': cert,
    'server.key': key,
  });
  const running = tributary(
    ['serve', '--graph', 'graph.yaml', '--config', 'gateway.yaml', '--port', '0', ...args],
    { cwd: folder, environment: addressVariables(mocks) },
  );
  const url = await servedAt(running);
  return {
    url,
    running,
    ca: authority.ca,
    async put({ cert: nextCert, key: nextKey }) {
      await writeFile(join(folder, 'server.pem'), nextCert);
      await writeFile(join(folder, 'server.key'), nextKey);
    },
  };
}

const tls = (more = ''): string => `server: { tls: { cert: server.pem, key: server.key${more} } }\n`;

describe('server.tls', () => {
  it('is what the listener speaks, from TLS 1.2 on and nothing else, until SIGTERM', async () => {
    const { url, running, ca } = await given(tls());
    expect(url).toMatch(/^https:/);
    expect(await tlsClient(url, { ca }).ask(query)).toMatchObject({ status: 200, protocol: 'TLSv1.3' });
    const older = tlsClient(url, { ca, maxVersion: 'TLSv1.2', keepAlive: true });
    expect(await older.ask(query)).toMatchObject({ status: 200, protocol: 'TLSv1.2' });
    await expect(tlsClient(url, { ca, maxVersion: 'TLSv1.1' }).ask(query)).rejects.toThrow();
    const { port } = new URL(url);
    await expect(once(request({ port, path: '/graphql' }).end(), 'response')).rejects.toThrow('hang up');
    // Whatever they did, others go on.
    expect((await older.ask(query)).isReused).toBe(true);
    running.child.kill('SIGTERM');
    expect(await running.ended()).toMatchObject({ code: 0, stderr: '' });
  });

  it('closes connections that do not get as far as a request, and refuses to begin again within one', async () => {
    const { url, ca } = await given(`server:
  requestReceiveTimeoutMs: 300
  tls: { cert: server.pem, key: server.key }
`);
    const { port } = new URL(url);
    const silent = connect(Number(port), '127.0.0.1');
    silent.on('error', () => {});
    await once(silent, 'close');
    const socket = connectTls({ port: Number(port), ca, servername: 'localhost', maxVersion: 'TLSv1.2' });
    await once(socket, 'secureConnect');
    const failed = new Promise((resolve) => {
      socket.on('error', resolve);
      socket.on('close', resolve);
    });
    socket.renegotiate({}, (error) => expect(error).toBeTruthy());
    await failed;
  });

  it('follows its files without a connection noticing, and keeps what it has while they are wrong', async () => {
    const { url, running, ca, put } = await given(`${tls()}reload: { filePollMs: 50 }\n`);
    const kept = tlsClient(url, { ca, keepAlive: true });
    const { serial } = await kept.ask(query);
    await put(issue());
    const newcomer = tlsClient(url, { ca });
    await expect.poll(async () => (await newcomer.ask(query)).serial, patience).not.toBe(serial);
    const { serial: second } = await newcomer.ask(query);
    expect(await kept.ask(query)).toMatchObject({ status: 200, isReused: true, serial });
    // As while they are written.
    await put({ cert: '', key: '' });
    await running.printed(/changed certificates or keys are invalid/);
    expect((await tlsClient(url, { ca }).ask(query)).serial).toBe(second);
  });

  it('is the same in several workers, which all follow on SIGHUP, as do their successors', async () => {
    const { url, running, ca, put } = await given(`${tls()}reload: { filePollMs: 0 }\n`, ['--workers', '2']);
    expect(url).toMatch(/^https:/);
    const serials = async (): Promise<string[]> => {
      const replies = await Promise.all(Array.from({ length: 8 }, () => tlsClient(url, { ca }).ask(query)));
      expect(replies.filter(({ status }) => status !== 200)).toEqual([]);
      return [...new Set(replies.map(({ serial }) => serial))];
    };
    const [first, ...others] = await serials();
    expect(others).toEqual([]);
    await put(issue());
    expect(await serials()).toEqual([first]);
    running.child.kill('SIGHUP');
    await expect.poll(async () => (await serials()).includes(first ?? ''), patience).toBe(false);
    const [second] = await serials();
    killFirst(await childrenOf(running.child.pid ?? 0));
    await running.printed(/(worker started[^]*){3}/);
    expect(await serials()).toEqual([second]);
  });

  it.each([
    [
      'a key that is of another certificate',
      { 'server.pem': issue().cert, 'server.key': authority.issue({ hasOwnKey: true }).key },
      /mismatch/,
    ],
    ['a file that is missing', { 'server.pem': issue().cert }, /server\.tls\.key .*server\.key: ENOENT/],
    [
      'a file that is no certificate',
      { 'server.pem': 'hello', 'server.key': issue().key },
      /server\.tls\.cert/,
    ],
  ])('with %s is said at the start', async (_what, files, reason) => {
    const folder = await folderWith({ 'gateway.yaml': tls(), ...files });
    const { code, stderr } = await runTributary(
      ['serve', '--graph', graphPath, '--config', 'gateway.yaml', '--port', '0'],
      { cwd: folder },
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(reason);
    expect(stderr).not.toMatch(/PRIVATE|hello/);
  });
});

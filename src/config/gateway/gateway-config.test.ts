import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { loadGatewayConfig } from './gateway-config.ts';

describe('loadGatewayConfig', () => {
  it('has a default for everything, and docs/reference/gateway-yaml.md lists each', async () => {
    const config = await loadGatewayConfig(undefined, { environment: {} });
    const docs = await readFile(new URL('../../../docs/reference/gateway-yaml.md', import.meta.url), 'utf8');
    const missing = leaves(config).filter((key) => !docs.includes(`\`${key}\``));
    expect(missing).toEqual([]);
  });

  it('is careful in production', async () => {
    const config = await loadGatewayConfig(undefined, { environment: { NODE_ENV: 'production' } });
    expect(config.server.graphiql).toBe(false);
    expect(config.errors).toEqual({ backendMessages: 'redact', suggestions: false, traceId: false });
  });

  it('warms the planner up in production, or as the file says', async () => {
    const warmsUp = async (text: string, environment: Record<string, string>): Promise<boolean> =>
      (await loadGatewayConfig((await file(text)).path, { environment })).planning.warmUp;
    const production = { NODE_ENV: 'production' };
    expect(await warmsUp('', production)).toBe(true);
    expect(await warmsUp('', {})).toBe(false);
    expect(await warmsUp('planning: { warmUp: false }', production)).toBe(false);
    expect(await warmsUp('planning: { warmUp: true }', {})).toBe(true);
  });

  it('counts the workers of the command line as processes that share the limits', async () => {
    const { path } = await file('server: { workers: 2 }');
    const { server, limits } = await loadGatewayConfig(path, { workers: 3 });
    expect([server.workers, limits.processes]).toEqual([3, 3]);
  });

  it('gives planning at least as much time by the clock as of the processor', async () => {
    const { path } = await file('timeouts: { planningMs: 20000 }');
    const { timeouts } = await loadGatewayConfig(path);
    expect(timeouts).toMatchObject({ planningMs: 20_000, planningWallMs: 20_000 });
  });

  it('chooses the Apollo front by itself when a plugin is named, and finds it beside the file', async () => {
    const { path, folder } = await file('apollo: { plugins: [./mine.ts] }');
    const config = await loadGatewayConfig(path);
    expect(config.front).toBe('apollo');
    expect(config.apollo.plugins).toEqual([join(folder, 'mine.ts')]);
  });

  it('finds certificates beside the file, and wants TLS where clients show theirs', async () => {
    const { path, folder } = await file(
      'server: { tls: { cert: a.pem, key: a.key } }\nauth: { certificates: { ca: ca.pem, names: [{ dns: a }] } }',
    );
    const { server, auth } = await loadGatewayConfig(path);
    expect(server.tls).toEqual({
      cert: join(folder, 'a.pem'),
      key: join(folder, 'a.key'),
      minVersion: 'TLSv1.2',
    });
    expect(auth?.certificates?.ca).toBe(join(folder, 'ca.pem'));
    const without = await file('auth: { certificates: { ca: ca.pem, names: [{ dns: a }] } }');
    await expect(loadGatewayConfig(without.path)).rejects.toThrow(/auth\.certificates.*server\.tls/);
  });

  it('reports every mistake with its place', async () => {
    const { path } = await file('server:\n  port: 70000\n  hots: localhost\nlog:\n  level: loud\n');
    await expect(loadGatewayConfig(path)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(
        /:2:\d+ server\.port.*\n.*:3:\d+ server.*hots.*\n.*:5:\d+ log\.level/s,
      ) as unknown,
    });
  });
});

async function file(text: string): Promise<{ path: string; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-config-'));
  const path = join(folder, 'gateway.yaml');
  await writeFile(path, text);
  return { path, folder };
}

function leaves(value: object, path = ''): string[] {
  return Object.entries(value).flatMap(([key, child]: [string, unknown]) => {
    const at = path === '' ? key : `${path}.${key}`;
    const isGroup =
      typeof child === 'object' && child !== null && !Array.isArray(child) && Object.keys(child).length > 0;
    return isGroup ? leaves(child, at) : [at];
  });
}

/** `tributary dev` as somebody uses it who changes schemas in a git repository: saves are served, checked and written. */

import { once } from 'node:events';
import { chmod, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { ask } from '../support/ask.ts';
import { folderWith } from '../support/folder.ts';
import { childrenOf, isAlive } from '../support/processes.ts';
import { runTributary, tributary, type Tributary } from '../support/tributary.ts';
import { TestRepository, type Files } from './support/repository.ts';
import { edited, ordersFile, productsFile, shopFiles } from './support/shop-graph.ts';
import { shopService } from './support/shop-service.ts';

const waitMs = 60_000;
const addresses = { PRODUCTS_URL: 'http://127.0.0.1:9/graphql', ORDERS_URL: 'http://127.0.0.1:9/graphql' };
const bothMocked = ['--mock', 'products', '--mock', 'orders'];

describe('tributary dev', { timeout: 300_000 }, () => {
  it('serves, checks and writes each save, and survives a broken schema', async () => {
    const repository = await shop();
    const dev = started(repository.root, bothMocked);
    const url = await dev.served();
    const product = (fields: string) => ask(url, `{ product(id: "p1") { ${fields} } }`);

    expect((await product('id note')).data).toEqual({
      product: { id: 'p1', note: expect.stringMatching(/^note \d+$/) as unknown },
    });
    await dev.printed(/Schema check passed/);
    const options = { cwd: repository.root, environment: addresses };
    const { stdout } = await runTributary(['client', 'schema', 'mobile'], options);
    expect(await snapshot(repository, 'mobile')).toContain(stdout.trim());
    expect(await snapshot(repository, 'mobile')).not.toContain('stock');

    // A field is removed, another one added.
    const changed = edited(productsFile, [
      '  note: String @tag(name: "internal")\n',
      '  rating: Int @tag(name: "partner")\n',
    ]);
    await repository.write(changed);
    await dev.printed(/Serving the changed graph\./);
    expect((await product('rating')).data).toEqual({ product: { rating: expect.any(Number) as unknown } });
    expect((await product('note')).errors?.[0]?.message).toContain('Cannot query field "note"');
    const [checked] = await dev.printed(/Client web, owner web-team:\n[\s\S]*Schema check failed: .*\n/);
    expect(checked).toContain('error Product.note was removed');
    expect(checked).toContain('broken Product (web 1.2');
    expect(await snapshot(repository, 'partner')).toContain('rating: Int');

    // A syntax error: the place is printed, and the last graph stays.
    await repository.write(edited(productsFile, ['type Query {', 'type Query {{']));
    await dev.printed(
      /The graph does not compose:\nschemas\/subgraphs\/products\.graphql:3:13 \[products\] INVALID_GRAPHQL: Syntax Error.*\nThe last good graph is still served\./,
    );
    expect((await product('rating')).data).toEqual({ product: { rating: expect.any(Number) as unknown } });

    // It is mended.
    await repository.write(edited(productsFile));
    await dev.printed(/The graph composes again\.\nServing the changed graph\./);
    await dev.printed(/No longer: error Product\.note was removed/);
    expect((await product('note')).errors).toBeUndefined();
    expect((await product('rating')).errors?.[0]?.message).toContain('Cannot query field "rating"');
    await vi.waitFor(
      async () => expect(await snapshot(repository, 'partner')).not.toContain('rating'),
      waitMs,
    );

    await dev.endsOn('SIGINT');
  });

  it('waits for a graph that composes, and follows files that appear', async () => {
    const repository = await shop();
    await repository.write(edited(ordersFile, ['total: Int!', 'total: Missing!']));
    const dev = started(repository.root, bothMocked);
    await dev.printed(/orders\.graphql:\d+:\d+ \[orders\] .*Missing[\s\S]*Nothing is served yet/);
    await repository.write(new Map([[ordersFile, null]]));
    await dev.printed(/graph\.yaml:\d+:\d+ subgraphs\.orders\.schema/);
    await repository.write(edited(ordersFile));
    const url = await dev.served();
    expect((await ask(url, '{ order(id: "o1") { id } }')).data).toEqual({ order: { id: 'o1' } });
    await dev.endsOn('SIGTERM');
  });

  it('answers across a mock and a real subgraph', async () => {
    const repository = await shop();
    const products = await shopService(shopFiles.get(productsFile) ?? '', {
      Query: { product: (_: unknown, { id }: { id: string }) => ({ id, name: `real ${id}` }) },
      Product: { __resolveReference: ({ id }: { id: string }) => ({ id, name: `real ${id}` }) },
    });
    const dev = started(repository.root, ['--mock', 'orders'], {
      PRODUCTS_URL: products.url,
    });
    const url = await dev.served();
    const { data, errors } = await ask(
      url,
      '{ a: product(id: "p1") { name stock } b: product(id: "p2") { stock } again: product(id: "p1") { stock } order(id: "o7") { id total items { id name } } }',
    );
    expect(errors).toBeUndefined();
    const { a, b, again, order } = data as {
      a: { name: string; stock: number };
      b: { stock: number };
      again: { stock: number };
      order: { id: string; total: number; items: Array<{ id: string; name: string }> };
    };
    expect(a).toEqual({ name: 'real p1', stock: again.stock });
    expect(Number.isInteger(a.stock)).toBe(true);
    expect(b.stock).not.toBe(a.stock);
    expect(order).toMatchObject({ id: 'o7', total: expect.any(Number) as unknown });
    expect(order.items.length).toBeGreaterThanOrEqual(2);
    for (const { id, name } of order.items) expect(name).toBe(`real ${id}`);
    expect(products.operations.length).toBeGreaterThan(0);
    await dev.endsOn('SIGTERM');
  });

  it.each(['graph.yaml', 'supergraph'])(
    'sends the calls of an overridden subgraph of a %s to its address',
    async (kind) => {
      const repository = await shop();
      const sdl = shopFiles.get(productsFile) ?? '';
      const resolvers = { Query: { product: () => ({ id: 'p1', name: 'local' }) } };
      const remote = await shopService(sdl, {});
      const local = await shopService(
        sdl.replace('  unused: String\n', '  unused: Int\n  fresh: String\n'),
        resolvers,
      );
      const environment = { ...addresses, PRODUCTS_URL: remote.url };
      if (kind === 'supergraph')
        expect(
          (
            await runTributary(['compose', '--out', 'supergraph.graphql'], {
              cwd: repository.root,
              environment,
            })
          ).code,
        ).toBe(0);
      const graph = kind === 'supergraph' ? ['--supergraph', 'supergraph.graphql'] : [];
      const dev = started(repository.root, [...graph, '--override', `products=${local.url}`], environment);
      const url = await dev.served();
      expect((await ask(url, '{ product(id: "p1") { name } }')).data).toEqual({ product: { name: 'local' } });
      expect(local.operations).toHaveLength(1);
      expect(remote.operations).toEqual([]);
      await dev.printed(
        /The subgraph products at \S+ has another schema than the graph:\n {2}- Product\.unused: String\n {2}\+ Product\.fresh: String\n {2}\+ Product\.unused: Int\n/,
      );
      await dev.endsOn('SIGTERM');
    },
  );

  it('mocks a subgraph of a supergraph that was composed elsewhere', async () => {
    const { root } = await shop();
    await runTributary(['compose', '--out', 'supergraph.graphql'], { cwd: root, environment: addresses });
    const dev = started(root, ['--supergraph', 'supergraph.graphql', ...bothMocked], {});
    const { data } = await ask(await dev.served(), '{ order(id: "o1") { id items { name } } }');
    expect(data).toMatchObject({ order: { id: 'o1', items: [{ name: expect.any(String) as unknown }, {}] } });
    await dev.endsOn('SIGTERM');
  });

  it('follows a supergraph at an address, with its mocks', async () => {
    const repository = await shop(new Map([['gateway.yaml', 'reload: { urlPollMs: 1000 }\n']]));
    const composed = async (): Promise<string> =>
      (await runTributary(['compose'], { cwd: repository.root, environment: addresses })).stdout;
    let supergraph = await composed();
    const server = createServer((_request, response) => void response.end(supergraph));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const flags = ['--config', 'gateway.yaml', '--supergraph', `http://127.0.0.1:${port}/`];
    const dev = started(repository.root, [...flags, ...bothMocked]);
    const url = await dev.served();
    expect((await ask(url, '{ order(id: "o1") { id } }')).data).toEqual({ order: { id: 'o1' } });
    await dev.printed(/No schema check: the supergraph is not in a file\./);

    await repository.write(edited(ordersFile, ['  total: Int!\n', '  total: Int!\n  sum: Int!\n']));
    supergraph = await composed();
    await dev.printed(/Serving the changed graph\./);
    // The mocks get their schemas after it.
    await vi.waitFor(async () => {
      const { data } = await ask(url, '{ order(id: "o1") { sum } }');
      expect(data).toEqual({ order: { sum: expect.any(Number) as unknown } });
    }, waitMs);
    const { stdout } = await dev.endsOn('SIGTERM');
    expect(stdout.match(/Serving the changed graph/g)).toHaveLength(1);
  });

  it.each([
    ['an address in use', ['--port'], 'is in use: choose another with --port'],
    [
      'a supergraph that cannot be read',
      ['--supergraph', 'http://127.0.0.1:9/'],
      'http://127.0.0.1:9/ cannot be read',
    ],
    ['a gateway.yaml with a mistake', ['--config', 'none.yaml'], 'none.yaml: no such file'],
  ])('ends with exit code 1 for %s', async (_what, flags, message) => {
    const { root } = await shop();
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const port = flags[0] === '--port' ? [String((server.address() as AddressInfo).port)] : [];
    const ended = await runTributary(['dev', ...flags, ...port, ...bothMocked], {
      cwd: root,
      environment: addresses,
    });
    expect(ended.stderr).toContain(message);
    expect(ended.code).toBe(1);
  });

  it('generates code on each save, and ends the generator with the next one and with itself', async () => {
    const repository = await shop(
      new Map([
        ['codegen.yml', 'generates: {}\n'],
        [
          'node_modules/.bin/graphql-codegen',
          `#!/usr/bin/env node
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require('node:fs');
appendFileSync('generated.txt', process.argv.slice(2).join(' ') + '\\n');
if (readFileSync('codegen.yml', 'utf8').includes('wrong')) { console.error('codegen.yml is wrong'); process.exit(1); }
if (readFileSync('codegen.yml', 'utf8').includes('slow')) { writeFileSync('pid.txt', String(process.pid)); setInterval(() => {}, 1000); }
`,
        ],
      ]),
    );
    await chmod(join(repository.root, 'node_modules/.bin/graphql-codegen'), 0o755);
    const dev = started(repository.root, bothMocked);
    await dev.printed(/Generated code\./);
    expect(await readFile(join(repository.root, 'generated.txt'), 'utf8')).toBe('--config codegen.yml\n');
    await repository.write(new Map([['codegen.yml', 'wrong: true\n']]));
    await dev.printed(/Code generation failed:\ncodegen\.yml is wrong\n/);
    const slow = async (): Promise<number> => {
      await repository.write(new Map([['codegen.yml', 'slow: true\n']]));
      const file = join(repository.root, 'pid.txt');
      const pid = await vi.waitFor(async () => {
        const text = await readFile(file, 'utf8');
        expect(text).toMatch(/^\d+$/);
        return Number(text);
      }, waitMs);
      await repository.write(new Map([['pid.txt', null]]));
      expect(await isAlive(pid)).toBe(true);
      return pid;
    };
    const first = await slow();
    // The next save does not wait for what was begun for the one before.
    await repository.write(new Map([['codegen.yml', 'generates: { }\n']]));
    await dev.printed(/(Generated code\.[\s\S]*){2}/);
    expect(await isAlive(first)).toBe(false);
    const last = await slow();
    await dev.endsOn('SIGTERM');
    expect(await isAlive(last)).toBe(false);
  });

  it('checks nothing outside of a git repository, and generates nothing without codegen.yml', async () => {
    const root = await folderWith(Object.fromEntries(shopFiles) as Record<string, string>);
    const dev = started(root, bothMocked);
    await dev.served();
    await dev.printed(/No schema check: this is no git repository/);
    const { stdout } = await dev.endsOn('SIGTERM');
    expect(stdout).not.toContain('Schema check');
    expect(stdout).not.toContain('Generated');
  });

  it.each([
    [['--mock', 'product'], 'the graph has no subgraph "product" (did you mean "products"?)'],
    [['--override', 'products'], '--override must be NAME=URL with an http or https address, got "products"'],
    [['--mock', 'a', '--override', 'a=http://b'], '--override and --mock exclude each other, for "a"'],
    [['--log', 'loud'], '--log must be one of silent, error, warn, info, debug, got "loud"'],
  ])('ends with exit code 2 for %j', async (args, message) => {
    const { root } = await shop();
    const ended = await runTributary(['dev', ...args], { cwd: root, environment: addresses });
    expect(ended.stderr).toContain(`tributary dev: ${message}`);
    expect(ended.code).toBe(2);
  });
});

async function shop(files: Files = new Map()): Promise<TestRepository> {
  const repository = await TestRepository.create(new Map([...shopFiles, ...files]));
  onTestFinished(() => repository.remove());
  return repository;
}

function snapshot({ root }: TestRepository, client: string): Promise<string> {
  return readFile(join(root, 'schemas/clients', client, 'api.graphql'), 'utf8');
}

interface Development extends Tributary {
  served(): Promise<string>;
  /** Ends it, and expects exit code 0 and no process left. */
  endsOn(signal: 'SIGINT' | 'SIGTERM'): ReturnType<Tributary['ended']>;
}

function started(
  cwd: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Development {
  const dev = tributary(['dev', '--port', '0', ...args], { cwd, environment });
  return {
    ...dev,
    async served() {
      const [, url = ''] = await dev.printed(/Serving the graph at (\S+)/);
      return url;
    },
    async endsOn(signal) {
      const children = await childrenOf(dev.child.pid ?? 0);
      dev.child.kill(signal);
      const ended = await dev.ended();
      expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
      for (const child of children) expect(await isAlive(child)).toBe(false);
      return ended;
    },
  };
}

/** The commands as a person at a terminal meets them: every mistake ends with clear lines and the right exit code. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { startMocks } from '../../subgraphs-mock/start.ts';
import { ask } from '../support/ask.ts';
import { folderWith } from '../support/folder.ts';
import { addressVariables, graphPath } from '../support/shop.ts';
import { type Ended, runTributary, servedAt, tributary } from '../support/tributary.ts';

describe('wrong use ends with one line and exit code 2', () => {
  it.each([
    [
      ['nope'],
      'tributary: no command "nope"; commands: serve, dev, demo, compose, check, diff, lint, override, client',
    ],
    [['serve', '--bogus'], "tributary serve: Unknown option '--bogus' (see tributary serve --help)"],
    [['comopse'], 'tributary: no command "comopse" (did you mean "compose"?); commands: serve'],
    [['serve', '--grpah', 'a'], `tributary serve: Unknown option '--grpah' (did you mean "--graph"?)`],
    [['tokens', 'lst'], 'tributary tokens: expected one of: revoke, list; got "lst" (did you mean "list"?)'],
    [['serve', 'extra'], "tributary serve: Unexpected argument 'extra' (see tributary serve --help)"],
    [['serve', '--port'], "tributary serve: Option '--port <value>' argument missing"],
    [['serve', '--port', 'abc'], 'tributary serve: --port must be a number from 0 to 65535, got "abc"'],
    [['serve', '--port', '70000'], 'tributary serve: --port must be a number from 0 to 65535, got "70000"'],
    [['serve', '--graph', 'a', '--supergraph', 'b'], '--graph and --supergraph exclude each other'],
    [['compose', '--bogus'], "tributary compose: Unknown option '--bogus'"],
    [['compose', '--out', ''], 'tributary compose: --out needs a file name'],
    [['compose', '--out', 'no/such/folder/file'], 'cannot write no/such/folder/file (ENOENT)'],
    [['demo', '--bogus'], "tributary demo: Unknown option '--bogus'"],
    [['explain-auth', '--as', 'a'], 'tributary explain-auth: --operation FILE is missing'],
    [['explain-auth', '--operation', 'a'], '--as CLAIMS is missing: a file, or "anonymous"'],
    [['demo', '--log', 'loud'], '--log must be one of silent, error, warn, info, debug, got "loud"'],
  ])('%j', async (args, line) => {
    const ended = await runTributary(args);
    expectOneLine(ended, line);
    expect(ended.code).toBe(2);
  });
});

describe('what cannot start ends with one line that names it and exit code 1', () => {
  it.each([
    [['serve', '--graph', 'none.yaml'], 'tributary serve: none.yaml: no such file'],
    [['serve', '--config', 'none.yaml'], 'tributary serve: none.yaml: no such file'],
    [['serve', '--supergraph', 'none.graphql'], 'tributary serve: none.graphql cannot be read: ENOENT'],
    [['serve', '--supergraph', '.'], 'tributary serve: . cannot be read: EISDIR'],
    [
      ['serve', '--supergraph', 'broken.graphql'],
      'broken.graphql: Syntax Error: Expected Name, found <EOF>.',
    ],
    [['serve', '--supergraph', 'plain.graphql'], 'plain.graphql: It is no supergraph, as it does not link'],
    [['serve', '--graph', 'broken.yaml'], 'broken.yaml:2:1 Flow sequence in block collection'],
    [['compose', '--graph', 'none.yaml'], 'tributary compose: none.yaml: no such file'],
    [['compose', '--graph', 'broken.yaml'], 'broken.yaml:2:1 Flow sequence in block collection'],
  ])('%j', async (args, line) => {
    const cwd = await folderWith({
      'broken.graphql': 'type Query { a: Int ',
      'plain.graphql': 'type Query { a: Int }',
      'broken.yaml': 'subgraphs: [\n',
    });
    const ended = await runTributary(args, { cwd });
    expectOneLine(ended, line);
    expect(ended.code).toBe(1);
  });

  it('a supergraph address that nobody answers at', async () => {
    const { server, port } = await listening();
    server.close();
    const place = `http://127.0.0.1:${port}/supergraph`;
    const ended = await runTributary(['serve', '--supergraph', place]);
    expectOneLine(ended, `tributary serve: ${place} cannot be read: connect ECONNREFUSED 127.0.0.1:${port}`);
    expect(ended.code).toBe(1);
  });

  it.each(['serve', 'demo'])('a port in use, with %s', async (command) => {
    const { port } = await listening();
    const args = command === 'serve' ? ['--graph', graphPath] : ['--log', 'silent'];
    const ended = await runTributary([command, '--port', String(port), ...args]);
    expectOneLine(
      ended,
      `tributary ${command}: Port ${port} on 127.0.0.1 is in use: choose another with --port`,
    );
    expect(ended.code).toBe(1);
  });

  it('several mistakes in a graph are listed with their places', async () => {
    const cwd = await folderWith({
      'graph.yaml': 'subgraphs:\n  a:\n    kind: graphqll\n  b: 5\nsourcess: {}\n',
    });
    const { code, stderr } = await runTributary(['serve', '--graph', 'graph.yaml'], { cwd });
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/graph\.yaml:3:11 subgraphs\.a\.kind: .* \(did you mean "graphql"\?\)$/),
      expect.stringContaining('graph.yaml:4:6 subgraphs.b: expected a map'),
      expect.stringContaining('graph.yaml:5:1 sourcess: unknown key (did you mean "sources"?)'),
    ]);
  });
});

describe('help', () => {
  it.each([['--help'], ['serve', '--help'], ['compose', '-h'], ['demo', '--help']])('%s', async (...args) => {
    const ended = await runTributary(args);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toMatch(/^Usage: tributary /);
  });
});

it.each(['--version', 'version'])('%s says the version of the package', async (flag) => {
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(await runTributary([flag])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

describe('compose --check finds what would keep the gateway from starting', () => {
  const files = {
    'graph.yaml': `subgraphs:
  users: { kind: local, schema: users.graphql, resolvers: users.ts, sources: [stock], owner: team }
sources:
  stock: { kind: grpc, url: "grpc://127.0.0.1:1", proto: stock.proto, service: shop.Stock }
`,
    'users.graphql': 'type Query { user: String }',
    'users.ts':
      'export const subgraph = { sources: {}, resolvers: { Query: { user: () => "Ada" } } };\nsetInterval(() => {}, 1000);',
    'stock.proto': 'syntax = "proto3"; package shop; service Stock { rpc Get(A) returns (A); } message A {}',
  };

  it('and says one line where nothing would, also where a module goes on', async () => {
    const cwd = await folderWith(files);
    expect(await runTributary(['compose', '--check', '--graph', 'graph.yaml'], { cwd })).toEqual({
      code: 0,
      stdout: '1 subgraph composes, 0 hints\n',
      stderr: '',
    });
  });

  it.each<[string, Partial<typeof files>, RegExp]>([
    [
      'a resolver for an unknown field',
      { 'users.ts': files['users.ts'].replace('user:', 'usr:') },
      /^tributary compose: subgraph users: .*Query\.usr.*did you mean "user"/,
    ],
    [
      'a syntax error in a module',
      { 'users.ts': 'export const subgraph = {' },
      /^tributary compose: subgraph users: its resolvers: .*users\.ts cannot be loaded: .*users\.ts:1: Unexpected token/,
    ],
    ['a module that is not there', { 'users.ts': '' }, /users\.ts must export "subgraph"/],
    [
      'a wrong service of a proto',
      { 'stock.proto': files['stock.proto'].replace('service Stock', 'service Store') },
      /^tributary compose: source stock: its proto file has no service shop\.Stock/,
    ],
    [
      'a proto that uses a type it does not define',
      { 'stock.proto': files['stock.proto'].replace('returns (A)', 'returns (Missing)') },
      /^tributary compose: source stock: its proto file cannot be read: .*no such type: Missing/,
    ],
    [
      'a proto that is none',
      { 'stock.proto': 'nonsense' },
      /^tributary compose: source stock: its proto file cannot be read/,
    ],
    [
      'a limit of a field that cannot be used',
      {
        'users.graphql': `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.14", import: ["@composeDirective"])
  @link(url: "https://example.com/limits/v1.0", import: ["@rateLimit"])
  @composeDirective(name: "@rateLimit")
directive @rateLimit(limit: Int!, window: String!, key: [String!]) on FIELD_DEFINITION
type Query { user: String @rateLimit(limit: 5, window: "1 minute") }`,
      },
      /^tributary compose: @rateLimit of Query\.user has the window "1 minute": expected a duration/,
    ],
  ])('%s', async (_, changed, line) => {
    const cwd = await folderWith({ ...files, ...changed });
    const ended = await runTributary(['compose', '--check', '--graph', 'graph.yaml'], { cwd });
    expectOneLine(ended, '');
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(line);
  });
});

describe('compose', () => {
  it('prints the supergraph of the repository', async () => {
    const ended = await runTributary(['compose', '--graph', graphPath]);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toMatch(/^schema\n {2}@link/);
    expect(ended.stdout).toContain('type OrderDetails');
  });

  it('names subgraph, coordinate, file and line of each mistake', async () => {
    const cwd = await twoSubgraphs({ alpha: 'name: String', beta: 'name: String' });
    const { code, stderr, stdout } = await runTributary(['compose', '--graph', 'graph.yaml'], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const [error, also, sum] = stderr.trimEnd().split('\n');
    expect(error).toMatch(/^error alpha\.graphql:5:3 \[alpha\] Thing\.name INVALID_FIELD_SHARING: /);
    expect(also).toBe('    also beta.graphql:5:3 [beta]');
    expect(sum).toBe('1 composition error');
  });

  it('names the default value that does not fit the others, and what they lack', async () => {
    const cwd = await twoSubgraphs({
      alpha: 'a(i: I): Int\n}\ninput I {\n  x: Int',
      beta: 'b(i: I = { x: 1, y: 2 }): Int\n}\ninput I {\n  x: Int\n  y: Int',
    });
    const { code, stderr } = await runTributary(['compose', '--graph', 'graph.yaml'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error beta\.graphql:5:5 \[beta\] Thing\.b\(i:\) .*"I\.y" is not part of the graph.*\n {4}also beta\.graphql:9:3/,
    );
  });

  it('says where a schema does not parse', async () => {
    const cwd = await twoSubgraphs({ alpha: 'name: ', beta: 'size: Int' });
    const { code, stderr } = await runTributary(['compose', '--graph', 'graph.yaml'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error alpha\.graphql:6:1 \[alpha\] INVALID_GRAPHQL: Syntax Error: /);
  });

  it('shows hints and composes all the same', async () => {
    const cwd = await twoSubgraphs({ alpha: 'name: String @shareable', beta: 'name: String! @shareable' });
    const { code, stdout, stderr } = await runTributary(['compose', '--graph', 'graph.yaml'], { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain('type Thing');
    expect(stderr).toMatch(
      /^hint alpha\.graphql:5:3 \[alpha\] Thing\.name INCONSISTENT_BUT_COMPATIBLE_FIELD/,
    );
  });

  it('writes a file with --out, and --check finds when it is not up to date', async () => {
    const cwd = await twoSubgraphs({ alpha: 'name: String', beta: 'size: Int' });
    const compose = (...args: string[]) =>
      runTributary(['compose', '--graph', 'graph.yaml', '--out', 'all.graphql', ...args], { cwd });
    expect(await compose('--check')).toMatchObject({
      code: 1,
      stderr: 'all.graphql is not up to date: run tributary compose --graph graph.yaml --out all.graphql\n',
    });
    expect(await compose()).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await compose('--check')).toEqual({
      code: 0,
      stdout: '2 subgraphs compose, 0 hints\n',
      stderr: '',
    });
    expect(await readFile(join(cwd, 'all.graphql'), 'utf8')).toContain('type Thing');
  });
});

describe('serve --supergraph', () => {
  it('serves a composed graph of remote subgraphs from a file', async () => {
    const { supergraph, file } = await remoteSupergraph();
    expect(supergraph).toContain('products');
    await expectServes(file);
  });

  it('serves one from an address', async () => {
    const { supergraph } = await remoteSupergraph();
    const { port } = await listening(supergraph);
    await expectServes(`http://127.0.0.1:${port}/supergraph`);
  });

  it('refuses one with in-process subgraphs and says what to do', async () => {
    const folder = await folderWith({});
    const file = join(folder, 'all.graphql');
    await runTributary(['compose', '--graph', graphPath, '--out', file]);
    const { code, stderr } = await runTributary(['serve', '--supergraph', file, '--port', '0']);
    expect(code).toBe(1);
    expect(stderr).toContain('subgraph bff ("local:bff"): it runs in the gateway: serve its graph.yaml');
  });
});

function expectOneLine({ stdout, stderr }: Ended, line: string): void {
  expect(stderr).toContain(line);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  // The log may say that the graph was loaded before something else failed.
  expect(stdout).not.toContain('Error');
}

/** Answers everything with `text`, if there is one. */
async function listening(text?: string): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    if (text === undefined) socket.destroy();
    else {
      const length = Buffer.byteLength(text);
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\nconnection: close\r\n\r\n${text}`);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return { server, port: typeof address === 'object' && address ? address.port : 0 };
}

/** @returns A folder with graph.yaml and a type that both subgraphs define, each with one field more. */
function twoSubgraphs(fields: { readonly alpha: string; readonly beta: string }): Promise<string> {
  const subgraph = (name: string) =>
    `  ${name}:\n    kind: graphql\n    url: http://127.0.0.1:9/${name}\n    schema: ${name}.graphql\n    owner: team\n`;
  const schema = (field: string, root: string) =>
    [
      'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@shareable"])',
      `type Query { ${root}: Thing }`,
      'type Thing @key(fields: "id") {',
      '  id: ID!',
      `  ${field}`,
      '}',
    ].join('\n');
  return folderWith({
    'graph.yaml': `subgraphs:\n${subgraph('alpha')}${subgraph('beta')}`,
    'alpha.graphql': schema(fields.alpha, 'first'),
    'beta.graphql': schema(fields.beta, 'second'),
  });
}

/** The products and reviews services, running, and their supergraph. */
async function remoteSupergraph(): Promise<{ supergraph: string; file: string }> {
  const mocks = await startMocks({ portBase: 0, only: ['products', 'reviews'] });
  onTestFinished(() => mocks.close());
  const schemaOf = (name: string) =>
    readFile(new URL(`../../schemas/subgraphs/${name}/schema.graphql`, import.meta.url), 'utf8');
  const subgraph = (name: 'products' | 'reviews') =>
    `  ${name}:\n    kind: graphql\n    url: \${${name.toUpperCase()}_URL}\n    schema: ${name}.graphql\n    owner: team\n`;
  const cwd = await folderWith({
    'graph.yaml': `subgraphs:\n${subgraph('products')}${subgraph('reviews')}`,
    'products.graphql': await schemaOf('products'),
    'reviews.graphql': await schemaOf('reviews'),
  });
  const environment = addressVariables(mocks);
  const { code, stdout, stderr } = await runTributary(['compose', '--graph', 'graph.yaml'], {
    cwd,
    environment,
  });
  if (code !== 0) throw new Error(stderr);
  const folder = await folderWith({ 'supergraph.graphql': stdout });
  return { supergraph: stdout, file: join(folder, 'supergraph.graphql') };
}

async function expectServes(supergraph: string): Promise<void> {
  const running = tributary(['serve', '--supergraph', supergraph, '--port', '0']);
  const url = await servedAt(running);
  const { data, errors } = await ask(url, '{ product(upc: "p1") { name reviewCount } }');
  expect(errors).toBeUndefined();
  expect(data).toMatchObject({ product: { name: expect.any(String), reviewCount: expect.any(Number) } });
  running.child.kill('SIGTERM');
  expect((await running.ended()).code).toBe(0);
}

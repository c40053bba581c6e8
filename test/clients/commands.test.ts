/** `tributary contract` and `tributary client`, as a frontend team meets them at a terminal. */
import { access, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { buildClientSchema, printSchema, type IntrospectionQuery } from 'graphql';
import { describe, expect, it } from 'vitest';

import { runTributary } from '../support/tributary.ts';
import { commandFolder, fieldsOf, lines, run } from './support/command-folder.ts';

describe('tributary contract', () => {
  it('prints the schema of the client, and on standard error what is implied by something else', async () => {
    const cwd = await commandFolder();
    const web = await run(cwd, 'contract', 'web');
    expect(web).toMatchObject({ code: 0, stderr: '' });
    expect(fieldsOf(web.stdout, 'Product')).toEqual(['upc', 'name', 'cost']);
    const shop = await run(cwd, 'contract', 'shop');
    expect(shop.code).toBe(0);
    expect(fieldsOf(shop.stdout, 'Product')).toEqual(['upc', 'name', 'quantity']);
    expect(lines(shop.stderr)).toEqual([
      'warning: Product.cost is hidden: its type Money is hidden: Money has the excluded tag "internal" (subgraph products); tag Product.cost with "internal" as well',
      'warning: Query.costs is hidden: its type Money is hidden: Money has the excluded tag "internal" (subgraph products); tag Query.costs with "internal" as well',
    ]);
  });

  it.each([
    ['Product.quantity', 'Product.quantity is hidden: it has the excluded tag "stock" (subgraph stock)'],
    ['Product.name', 'Product.name is visible: nothing excludes it (excluded: "stock")'],
    ['Product.secret', 'Product.secret is hidden: it is @inaccessible, so no client sees it'],
  ])('explains %s', async (coordinate, text) => {
    const ended = await run(await commandFolder(), 'contract', 'web', '--explain', coordinate);
    expect(ended).toEqual({ code: 0, stdout: `${text}\n`, stderr: '' });
  });

  it('warns where another subgraph applies the tag than the first that defines the element', async () => {
    const cwd = await commandFolder({
      'clients/web/client.yaml': 'owner: web-team\ncontract: { exclude: [logistics] }\n',
    });
    const warning =
      'warning: Product.upc has the tag "logistics" from subgraph stock, and not from subgraph products, which defines it first: a tag counts for the whole graph\n';
    const explained = await run(cwd, 'contract', '--explain', 'Product.upc', 'web');
    expect(explained).toEqual({
      code: 0,
      stdout: 'Product.upc is hidden: it has the excluded tag "logistics" (subgraph stock)\n',
      stderr: warning,
    });
    expect(await run(cwd, 'contract', 'web', '--explain', 'Product.name')).toMatchObject({ stderr: '' });
    expect(await run(cwd, 'contract', 'web')).toMatchObject({ code: 0, stderr: warning });
  });

  it('refuses a contract that does not hold, with the reasons; explains it all the same', async () => {
    const cwd = await commandFolder({
      'clients/shop/client.yaml': 'owner: team\ncontract: { exclude: [internal], mode: strict }\n',
    });
    const { code, stdout, stderr } = await run(cwd, 'contract', 'shop');
    expect([code, stdout]).toEqual([1, '']);
    expect(lines(stderr)).toEqual([
      'tributary contract: the contract of client "shop" does not hold:',
      expect.stringMatching(/^Product\.cost is hidden: .*; tag Product\.cost with "internal" as well$/),
      expect.stringMatching(/^Query\.costs is hidden: .*; tag Query\.costs with "internal" as well$/),
      'Or set "mode: cascade" in the contract, which hides all of these with what they depend on',
    ]);
    const explained = await run(cwd, 'contract', 'shop', '--explain', 'Product.cost');
    expect(explained.code).toBe(1);
    expect(explained.stdout).toContain('its type Money is hidden');
    expect(explained.stderr).toContain('the contract of client "shop" does not hold');
  });

  it('reads a composed supergraph, which names no subgraphs', async () => {
    const cwd = await commandFolder();
    await run(cwd, 'compose', '--out', 'all.graphql');
    const args = ['--supergraph', 'all.graphql', '--clients', 'clients'];
    const ended = await runTributary(['contract', 'web', '--explain', 'Product.quantity', ...args], { cwd });
    expect(ended).toEqual({
      code: 0,
      stdout: 'Product.quantity is hidden: it has the excluded tag "stock"\n',
      stderr: '',
    });
  });

  it.each<[string[], number, string]>([
    [
      [],
      2,
      'tributary contract: name a client, such as: tributary contract web (see tributary contract --help)',
    ],
    [['web', 'shop'], 2, "tributary contract: Unexpected argument 'shop' (see tributary contract --help)"],
    [['web', '--supergraph', 'a'], 2, 'tributary contract: --graph and --supergraph exclude each other'],
    [['wbe'], 1, 'tributary contract: there is no client "wbe" in clients (did you mean "web"?)'],
    [
      ['settop'],
      1,
      'tributary contract: there is no client "settop" in clients (make it with tributary client init settop)',
    ],
    [
      ['web', '--explain', 'Product.nme'],
      1,
      'tributary contract: the graph has no "Product.nme" (did you mean "Product.name"?); write Type, Type.field or Type.field(argument:)',
    ],
    [
      ['web', '--clients', 'none'],
      1,
      'there is no client "web" in none (make it with tributary client init web)',
    ],
    [
      ['broken'],
      1,
      'tributary contract: clients/broken/client.yaml:1:1 ownr: unknown key (did you mean "owner"?)',
    ],
  ])('%j is refused', async (args, code, text) => {
    const cwd = await commandFolder({ 'clients/broken/client.yaml': 'ownr: team\nowner: team\n' });
    const ended = await run(cwd, 'contract', ...args);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toContain(text);
    expect(lines(ended.stderr)).toHaveLength(1);
  });
});

describe('tributary client', () => {
  it('makes a folder that passes the checks, and never changes one that is there', async () => {
    const cwd = await commandFolder();
    await rm(join(cwd, 'clients'), { recursive: true });
    const made = await run(cwd, 'client', 'init', 'kiosk', '--owner', 'kiosk people');
    expect(made).toEqual({
      code: 0,
      stdout: 'clients/kiosk/client.yaml\nclients/kiosk/api.graphql\n',
      stderr:
        'Client kiosk sees the whole graph: choose tags in client.yaml, then run tributary client schema kiosk --write --graph graph.yaml\n',
    });
    const before = await filesIn(join(cwd, 'clients/kiosk'));
    expect(before['client.yaml']).toContain('owner: "kiosk people"');
    expect(await run(cwd, 'client', 'init', 'kiosk')).toMatchObject({
      code: 1,
      stderr: 'tributary client: clients/kiosk is there already: choose another name\n',
    });
    expect(await filesIn(join(cwd, 'clients/kiosk'))).toEqual(before);
    expect(await run(cwd, 'compose', '--clients', 'clients', '--out', 'x', '--check')).toMatchObject({
      code: 1,
      stderr: 'x is not up to date: run tributary compose --graph graph.yaml --out x\n',
    });
    expect(await run(cwd, 'client', 'list')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('kiosk  kiosk people  credentials of kiosk  everything  on'),
    });
  });

  it('writes nothing where the graph does not compose', async () => {
    const cwd = await commandFolder({ 'stock.graphql': 'type Query {' });
    const ended = await run(cwd, 'client', 'init', 'kiosk');
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain('stock.graphql:1:13');
    await expect(access(join(cwd, 'clients/kiosk'))).rejects.toThrow('ENOENT');
  });

  it('lists the clients, and those that are invalid on standard error', async () => {
    const cwd = await commandFolder({
      'clients/anonymous/client.yaml': 'owner: all\ncontract: { include: [a], exclude: [b], mode: strict }\n',
      'clients/web/client.yaml':
        'owner: web-team\nidentify: { public: true, hosts: [a.example], names: [web-shop], credentials: [w] }\nintrospection: off\n',
    });
    const listed = await run(cwd, 'client', 'list');
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(lines(listed.stdout)).toEqual(
      [
        'NAME       OWNER      RECOGNIZED BY                                                     CONTRACT                      INTROSPECTION',
        'anonymous  all        nothing: every other request                                      include a; exclude b; strict  on',
        'shop       shop-team  credentials of shop                                               exclude internal              on',
        'web        web-team   credentials of web, w; path; host a.example; name web, web-shop  everything                    off',
      ].map((line) => expect.stringMatching(new RegExp(`^${line.replaceAll(/ {2,}/g, ' {2,}')}$`))),
    );
    const json = await run(cwd, 'client', 'list', '--json');
    expect(JSON.parse(json.stdout)).toContainEqual({
      name: 'shop',
      owner: 'shop-team',
      identify: { credentials: [], hosts: [], names: [], public: false },
      tier: null,
      limits: { policies: {} },
      contract: { include: [], exclude: ['internal'], hideUnreachableTypes: true, mode: 'cascade' },
      introspection: 'on',
      hiddenMembers: 'null',
    });
    await writeFile(join(cwd, 'clients/web/client.yaml'), 'owner: 5\n');
    const broken = await run(cwd, 'client', 'list');
    expect(broken.code).toBe(1);
    expect(lines(broken.stdout)).toHaveLength(3);
    expect(broken.stderr).toMatch(/^clients\/web\/client\.yaml:1:8 owner: expected /);
  });

  it('lists and explains the clients of the demo as docs/clients.md shows', async () => {
    const docs = await readFile(new URL('../../docs/clients.md', import.meta.url), 'utf8');
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    const listed = await runTributary(['client', 'list'], { cwd });
    expect(docs).toContain(`\`\`\`\n${listed.stdout}\`\`\`\n`);
    const why = await runTributary(['contract', 'web', '--explain', 'Product.warehouse'], { cwd });
    expect(why.code).toBe(0);
    expect(docs).toContain(why.stdout);
  });

  it('prints the schema of a client as SDL and as an introspection result, and writes it', async () => {
    const cwd = await commandFolder();
    const [sdl, json] = await Promise.all([
      run(cwd, 'client', 'schema', 'web'),
      run(cwd, 'client', 'schema', 'web', '--json'),
    ]);
    expect(fieldsOf(sdl.stdout, 'Product')).toEqual(['upc', 'name', 'cost']);
    const introspected = buildClientSchema(JSON.parse(json.stdout) as IntrospectionQuery);
    expect(printSchema(introspected)).toBe(sdl.stdout.trimEnd());
    const written = await run(cwd, 'client', 'schema', 'web', '--write');
    expect(written).toEqual({ code: 0, stdout: 'clients/web/api.graphql\n', stderr: '' });
    expect(await readFile(join(cwd, 'clients/web/api.graphql'), 'utf8')).toBe(
      `# Generated by "tributary client schema web --write": do not edit.\n\n${sdl.stdout}`,
    );
  });

  it('prints default values of custom scalars that are lists or objects', async () => {
    const type = 'type Query {\n  product(upc: ID!, options: Json = {a: [1.10]}): String\n}';
    const cwd = await commandFolder({
      'products.graphql': `scalar Json\n${type}`,
      'stock.graphql': 'type Query { quantity: Int }',
      'clients/web/client.yaml': 'owner: web-team\n',
    });
    const [sdl, json] = await Promise.all([
      run(cwd, 'contract', 'web'),
      run(cwd, 'client', 'schema', 'web', '--json'),
    ]);
    expect(sdl.stdout).toContain('product(upc: ID!, options: Json = {a: [1.10]}): String');
    expect(json.stdout).toContain('"defaultValue": "{a: [1.10]}"');
  });

  it.each<[string[], number, string]>([
    [[], 2, 'tributary client: expected one of: init, list, schema'],
    [['toString'], 2, 'tributary client: expected one of: init, list, schema'],
    [['init'], 2, 'tributary client: name a client, such as: tributary client init web'],
    [['init', 'Web'], 2, "a client's name has lower-case letters, digits and hyphens, begins with a letter"],
    [['init', 'graphiql'], 2, 'is not "graphiql" or "health", got "graphiql"'],
    [['init', 'kiosk', '--owner', ' '], 2, '--owner needs the name of a team'],
    [['list', 'web'], 2, "Unexpected argument 'web'"],
    [['list', '--clients', 'none'], 1, 'none: the folder of clients cannot be read (ENOENT'],
    [['schema', 'web', '--json', '--write'], 2, '--json and --write exclude each other'],
    [['schema', 'wbe'], 1, 'there is no client "wbe" in clients (did you mean "web"?)'],
    [
      ['schema', 'none'],
      1,
      'tributary client: the contract of client "none" does not hold:\nA query can ask for nothing',
    ],
  ])('%j is refused', async (args, code, text) => {
    const cwd = await commandFolder({
      'clients/none/client.yaml': 'owner: team\ncontract: { include: [nowhere] }\n',
    });
    const [action = 'nothing', ...rest] = args;
    const ended = await run(cwd, 'client', action, ...rest);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toContain(text);
  });
});

async function filesIn(path: string): Promise<Record<string, string>> {
  const names = await readdir(path);
  const entries = names.map(async (name) => [name, await readFile(join(path, name), 'utf8')] as const);
  return Object.fromEntries(await Promise.all(entries));
}

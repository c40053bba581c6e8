/** What a client can learn of what its contract hides: nothing, by any way of asking. */

import { getIntrospectionQuery } from 'graphql';
import { describe, expect, it } from 'vitest';

import { clientGateway } from './support/client-gateway.ts';
import { askAs, secretGraph, type Ask, type ClientReply } from './support/secret-graph.ts';

type AskWeb = (query: string, variables?: Ask['variables']) => Promise<ClientReply>;

/** Asks as the client `web`, and lets no answer pass that names what is hidden from it. */
async function given(settings: readonly string[] = []): Promise<{
  readonly web: AskWeb;
  readonly staff: AskWeb;
  readonly quiet: AskWeb;
}> {
  const gateway = await clientGateway({
    ...secretGraph,
    settings: [...(secretGraph.settings ?? []), ...settings],
  });
  const as =
    (client: string): AskWeb =>
    async (query, variables) => {
      const reply = await askAs(client, gateway, variables ? { query, variables } : { query });
      if (client !== 'staff') expect(reply.leaks, `${query}\n${reply.text}`).toEqual([]);
      return reply;
    };
  return { web: as('web'), staff: as('staff'), quiet: as('quiet') };
}

const codesOf = ({ errors }: ClientReply): unknown[] => errors.map(({ extensions }) => extensions['code']);

describe('a client that does not see part of the graph', () => {
  it('is told that a hidden element does not exist, as of one that never was', async () => {
    const { web } = await given();
    const pairs = [
      ['{ vault_Hid { id } }', '{ nothing_Hid { id } }'],
      ['{ products { sku_Hid } }', '{ products { nothing_Hid } }'],
      ['{ nodes { ... on Vault_Hid { id } } }', '{ nodes { ... on Nothing_Hid { id } } }'],
      ['{ nodes { ... on Locked_Hid { id } } }', '{ nodes { ... on Nothing_Hid { id } } }'],
      [
        '{ nodes { ...F } } fragment F on Vault_Hid { id }',
        '{ nodes { ...F } } fragment F on Nothing_Hid { id }',
      ],
      ['{ echo(limit_Hid: 1) }', '{ echo(nothing_Hid: 1) }'],
      ['{ echo(filter: { owner_Hid: "x" }) }', '{ echo(filter: { nothing_Hid: "x" }) }'],
      ['{ echo(kind: SECRET_Hid) }', '{ echo(kind: NOTHING_Hid) }'],
      ['{ echo(filter: { kind: SECRET_Hid }) }', '{ echo(filter: { kind: NOTHING_Hid }) }'],
      [
        'query ($c: Currency_Hid) { products { price(currency: $c) } }',
        'query ($c: Nothing_Hid) { products { price(nothing: $c) } }',
      ],
      [
        'query ($k: Kind = SECRET_Hid) { echo(kind: $k) }',
        'query ($k: Kind = NOTHING_Hid) { echo(kind: $k) }',
      ],
      ['mutation { erase_Hid }', 'mutation { nothing_Hid }'],
    ] as const;
    for (const [ofHidden, ofNothing] of pairs) {
      const [hidden, nothing] = [await web(ofHidden), await web(ofNothing)];
      const text = ({ errors }: ClientReply): string =>
        JSON.stringify(errors.map(({ message }) => message)).replace(/\w+_Hid|currency|nothing/g, '');
      expect(codesOf(hidden)).not.toEqual([]);
      expect([hidden.status, codesOf(hidden), text(hidden)]).toEqual([
        nothing.status,
        codesOf(nothing),
        text(nothing),
      ]);
    }
  });

  it('gets no suggestion that names a hidden element, whatever it mistypes', async () => {
    const { web, staff } = await given();
    const mistyped = [
      '{ vault_Hi { id } }',
      '{ products { sku_Hi } }',
      '{ nodes { ... on Vault_Hi { id } } }',
      '{ echo(limit_Hi: 1) }',
      '{ echo(filter: { owner_Hi: "x" }) }',
      '{ echo(kind: SECRET_Hi) }',
      '{ items { id code_Hid } }',
      '{ nodes { name lock_Hi } }',
      'query ($c: Currency_Hi) { products { price(currency: $c) } }',
    ];
    for (const query of mistyped) {
      const { errors } = await web(query);
      expect(errors.length).toBeGreaterThan(0);
    }
    expect((await staff(mistyped[0] ?? '')).text).toContain('Did you mean \\"vault_Hid\\"?');
  });

  it('gets values in variables refused without hidden names', async () => {
    const { web, staff } = await given();
    const filter = 'query ($f: Filter) { echo(filter: $f) }';
    const kind = 'query ($k: Kind) { echo(kind: $k) }';
    for (const [query, variables] of [
      [filter, { f: { owner_Hid: 'me' } }],
      [filter, { f: { owner_Hi: 'me' } }],
      [filter, { f: { nested: { owner_Hid: 'me' } } }],
      [filter, { f: { kind: 'SECRET_Hid' } }],
      [filter, { f: { kind: 'SECRET_Hi' } }],
      [kind, { k: 'SECRET_Hid' }],
      [kind, { k: 'SECRET_Hi' }],
      [kind, { k: 5 }],
    ] as const)
      expect(codesOf(await web(query, variables))).toEqual(['BAD_USER_INPUT']);
    const { data } = await staff(filter, { f: { owner_Hid: 'me' } });
    expect(data).toEqual({ echo: '{"filter":{"owner":"me"},"kind":"PLAIN","limit":7}' });
  });

  it('has the defaults of hidden arguments and input fields, as the service has them', async () => {
    const { web } = await given();
    const inLiteral = await web('{ echo(filter: { name: "a", nested: {} }) }');
    const inVariable = await web('query ($f: Filter) { echo(filter: $f) }', { f: { name: 'a', nested: {} } });
    const args = {
      filter: { name: 'a', owner: 'nobody', nested: { owner: 'nobody' } },
      kind: 'PLAIN',
      limit: 7,
    };
    for (const { data } of [inLiteral, inVariable])
      expect(JSON.parse((data as { echo: string }).echo)).toEqual(args);
    const { data } = await web('{ echoDefault }');
    // An argument whose default names something hidden is hidden with it.
    expect(JSON.parse((data as { echoDefault: string }).echoDefault)).toEqual({
      filter: { name: 'all', owner: 'nobody' },
      sort: 'SECRET',
    });
  });

  it('gets null with an error for an object of a hidden type and for a hidden enum value', async () => {
    const { web } = await given();
    const reply = await web(`{
      nodes { __typename id }
      items { __typename ... on Note { text } ... on Node { id } }
      strictNodes { __typename }
      kind kinds
      products { name kind }
    }`);
    expect(reply.data).toEqual({
      nodes: [{ __typename: 'Product', id: 'p1' }, null],
      items: [{ __typename: 'Product', id: 'p1' }, null, { __typename: 'Note', text: 'hello' }],
      strictNodes: null,
      kind: null,
      kinds: ['PLAIN', null],
      products: [
        { name: 'Chair', kind: 'PLAIN' },
        { name: 'Table', kind: null },
      ],
    });
    expect(reply.errors.map(({ path, message }) => [path?.join('.'), message])).toEqual([
      ['nodes.1', 'Expected Node, got an object of a type that is not part of the schema'],
      ['items.1', 'Expected Item, got an object of a type that is not part of the schema'],
      ['strictNodes.1', 'Expected Node, got an object of a type that is not part of the schema'],
      ['kind', 'Expected Kind for field Query.kind, got a value that is not part of the schema'],
      ['kinds.1', 'Expected Kind for field Query.kinds, got a value that is not part of the schema'],
      ['products.1.kind', 'Expected Kind for field Product.kind, got a value that is not part of the schema'],
    ]);
    expect((await web('{ strictKind }')).data).toBeNull();
    // Also where the client does not ask for the type.
    expect((await web('{ nodes { id } }')).data).toEqual({ nodes: [{ id: 'p1' }, null] });
  });

  it('gets fields that need a hidden key or a hidden required field', async () => {
    const { web } = await given();
    const { data, errors } = await web(
      '{ products { name shipping inStock sku_Hid: id price(tax: false) } }',
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({
      products: [
        { name: 'Chair', shipping: 6, inStock: true, sku_Hid: 'p1', price: 100 },
        { name: 'Table', shipping: 60, inStock: false, sku_Hid: 'p2', price: 100 },
      ],
    });
  });

  it('gets no hidden name from the errors of services, even where their messages pass', async () => {
    const { web, staff } = await given();
    for (const query of ['{ fails }', '{ namesHidden }', '{ unfit { name shipping inStock } }']) {
      const { errors } = await web(query);
      expect(errors.length).toBeGreaterThan(0);
    }
    const { errors } = await web('{ unfit { id shipping } }');
    expect(errors.map(({ path }) => path)).toEqual([['unfit', 0]]);
    expect((await web('{ namesHidden }')).errors).toMatchObject([
      { message: 'things answered with an error', path: ['namesHidden'], extensions: { service: 'things' } },
    ]);
    expect((await staff('{ namesHidden }')).errors).toMatchObject([
      { message: 'Product.sku_Hid is unknown', extensions: { field_Hid: 'Vault_Hid.code_Hid' } },
    ]);
  });
});

describe('introspection', () => {
  it('shows a client its own schema, with and without variables', async () => {
    const { web, staff } = await given();
    const whole = await web(
      getIntrospectionQuery({ specifiedByUrl: true, oneOf: true, schemaDescription: true }),
    );
    expect(whole.errors).toEqual([]);
    expect(whole.text).toContain('"Product"');
    for (const name of ['Vault_Hid', 'Locked_Hid', 'Currency_Hid', 'Nothing']) {
      const literal = await web(`{ __type(name: "${name}") { name } }`);
      const variable = await web('query ($n: String!) { __type(name: $n) { name kind fields { name } } }', {
        n: name,
      });
      expect([literal.data, variable.data]).toEqual([{ __type: null }, { __type: null }]);
    }
    const product =
      'query ($n: String!, $d: Boolean) { __type(name: $n) { fields(includeDeprecated: $d) { name args { name } } interfaces { name } possibleTypes { name } enumValues { name } inputFields { name } } }';
    for (const name of ['Product', 'Query', 'Item', 'Node', 'Kind', 'Filter', 'Mutation'])
      for (const d of [true, false]) expect((await web(product, { n: name, d })).errors).toEqual([]);
    expect((await staff(product, { n: 'Product', d: true })).text).toContain('sku_Hid');
    // Directly after the other client, so that nothing of it is answered from a cache.
    expect((await web(product, { n: 'Product', d: true })).errors).toEqual([]);
  });

  it('is refused where it is off, and `__typename` is answered', async () => {
    const { quiet } = await given();
    for (const query of [
      '{ __schema { queryType { name } } }',
      '{ __type(name: "Product") { name } }',
      '{ a: __schema { queryType { name } } products { id } }',
      '{ ...F } fragment F on Query { __type(name: "Vault_Hid") { name } }',
      'query ($n: String!) { __type(name: $n) { name } }',
      'query ($off: Boolean = false) { __schema @include(if: $off) { queryType { name } } }',
    ])
      expect(codesOf(await quiet(query, query.includes('$n') ? { n: 'Product' } : undefined))).toEqual([
        'GRAPHQL_VALIDATION_FAILED',
      ]);
    expect((await quiet('{ __typename nodes { __typename } }')).data).toEqual({
      __typename: 'Query',
      nodes: [{ __typename: 'Product' }, null],
    });
  });
});

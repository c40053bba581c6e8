/** Consequences of hiding beyond the common cases: arguments of interfaces, defaults, directives, what can be reached. */
import { buildSchema, parse, printSchema, validateSchema } from 'graphql';
import { describe, expect, it } from 'vitest';

import type { Contract } from '../../../src/pipeline/contract.ts';
import { buildClientSchema } from '../../../src/preparation/contract/client-schema.ts';
import { openContract, type ClientView } from '../../../src/preparation/contract/contract.ts';
import { explanation } from '../../../src/preparation/contract/explanation.ts';
import { hiddenElements } from '../../../src/preparation/contract/hidden-elements.ts';
import { readTags } from '../../../src/preparation/contract/tags.ts';
import { defaultValueOf } from '../../../src/preparation/literal-values.ts';
import { contractOf } from './graph.ts';

const internal = { exclude: ['internal'] };

describe('interfaces', () => {
  it('lose an argument that an implementation hides', () => {
    const { hidden } = view(
      `
        type Query { node: Node }
        interface Node { name(short: Boolean): String }
        type A implements Node { name(short: Boolean @tag(name: "internal")): String }
        type B implements Node { name(short: Boolean): String }
      `,
      internal,
    );
    expect([...hidden.keys()]).toEqual(['A.name(short:)', 'Node.name(short:)']);
  });

  it('lose a field whose implementation requires an argument that they hide', () => {
    const { hidden } = view(
      `
        type Query { node: Node }
        interface Node { id: ID name(length: Int! = 5 @tag(name: "internal")): String }
        type A implements Node { id: ID name(length: Int!): String }
      `,
      internal,
    );
    expect([...hidden.keys()]).toEqual(['Node.name(length:)', 'Node.name']);
    expect(explanation('Node.name', hidden)).toBe(
      'Node.name is hidden: Node.name(length:), which an implementation requires, is hidden: Node.name(length:) has the excluded tag "internal"',
    );
  });

  it('lose a field through all the interfaces that lead to them', () => {
    const { hidden } = view(
      `
        type Query { one: One }
        interface One { id: ID name: String }
        interface Two implements One { id: ID name: String }
        type A implements One & Two { id: ID name: String @tag(name: "internal") }
      `,
      internal,
    );
    expect([...hidden.keys()].sort()).toEqual(['A.name', 'One.name', 'Two.name']);
  });

  it('keep the fields that only a type without any visible field would hide', () => {
    const { hidden } = view(
      `
        type Query @tag(name: "public") { node: Node }
        interface Node @tag(name: "public") { id: ID }
        type A implements Node @tag(name: "public") { id: ID }
        type Untagged implements Node { id: ID }
      `,
      { include: ['public'] },
    );
    expect([...hidden.keys()]).toEqual(['Untagged.id', 'Untagged']);
  });

  it('keep the fields that only a type which cannot be reached would hide', () => {
    const sdl = `
      type Query { node: A other: Node }
      interface Node { id: ID name: String }
      interface Loose implements Node { id: ID name: String @tag(name: "internal") }
      type A implements Node { id: ID name: String }
    `;
    const reachable = view(sdl, { ...internal, hideUnreachableTypes: true });
    expect([...reachable.hidden.keys()]).toEqual(['Loose.name', 'Loose']);
    expect([...view(sdl, internal).hidden.keys()]).toEqual(['Loose.name', 'Node.name']);
  });

  it('have the tags of their own fields, not those of implementations', () => {
    const { hidden } = view(
      `
        type Query { node: Node @tag(name: "public") a: A @tag(name: "public") }
        interface Node { id: ID name: String @tag(name: "public") }
        type A implements Node @tag(name: "public") { id: ID name: String }
      `,
      { include: ['public'] },
    );
    expect([...hidden.keys()]).toEqual(['Node.id']);
  });
});

describe('default values', () => {
  const sdl = `
    type Query {
      list(statuses: [Status!] = [OPEN, DRAFT]): ID
      single(statuses: [Status!] = DRAFT): ID
      nested(filter: Filter = { and: [{ status: DRAFT }] }): ID
      field(filter: Filter = { secret: 1 }): ID
      other(filter: Filter = { status: OPEN }): ID
      empty(filter: Filter = {}): ID
    }
    input Filter { and: [Filter!] status: Status = DRAFT secret: Int @tag(name: "internal") }
    enum Status { OPEN DRAFT @tag(name: "internal") }
  `;

  it('hide what has one that names something hidden, in lists and objects too', () => {
    const { hidden } = view(sdl, internal);
    const byDefault = [...hidden].filter(
      ([, reason]) => reason.kind === 'implied' && reason.why === 'default',
    );
    expect(byDefault.map(([coordinate]) => coordinate).sort()).toEqual([
      'Filter.status',
      'Query.field(filter:)',
      'Query.list(statuses:)',
      'Query.nested(filter:)',
      'Query.other(filter:)',
      'Query.single(statuses:)',
    ]);
  });

  it('stay as they are written, without hidden fields that they leave out', () => {
    const { schema } = view(sdl, internal);
    expect(printSchema(schema)).toContain('empty(filter: Filter = {}): ID');
    expect(printSchema(schema)).not.toMatch(/DRAFT|secret/);
  });

  it('are found in a schema that was not made from a text', () => {
    const text = 'type Query { id: ID a(mode: Mode = OFF): ID } enum Mode { ON OFF @tag(name: "internal") }';
    const schema = buildSchema(text, { assumeValidSDL: true });
    for (const argument of schema.getQueryType()?.getFields()['a']?.args ?? []) argument.astNode = undefined;
    const hidden = hiddenElements(schema, readTags(parse(text)), contractOf(internal));
    expect([...hidden.keys()]).toEqual(['Mode.OFF', 'Query.a(mode:)']);
  });
});

it('hides excluded arguments of directives, and directives that require them', () => {
  const { schema } = view(
    `
      directive @one(a: Int @tag(name: "internal"), b: Int) on FIELD
      directive @two(a: Int! @tag(name: "internal")) on FIELD
      type Query { id: ID }
    `,
    internal,
  );
  expect(printSchema(schema)).toContain('directive @one(b: Int) on FIELD');
  expect(schema.getDirective('two')).toBeUndefined();
  expect(schema.getDirective('skip')).toBeDefined();
});

describe('unreachable types', () => {
  it('are hidden: what only hidden fields lead to', () => {
    const { hidden, schema } = view(
      `
        type Query { id: ID secret(filter: Filter): Secret @tag(name: "internal") }
        type Secret implements Node { id: ID at: Time kind: Kind any: Any }
        interface Node { id: ID }
        union Any = Secret
        input Filter { kind: Kind }
        enum Kind { A }
        scalar Time
      `,
      { ...internal, hideUnreachableTypes: true },
    );
    expect([...hidden.keys()].sort()).toEqual(
      ['Any', 'Filter', 'Kind', 'Node', 'Query.secret', 'Secret', 'Time'].sort(),
    );
    expect(printSchema(schema)).toBe('type Query {\n  id: ID\n}');
  });

  it('do not count as reachable because a visible type has an interface with them in common', () => {
    const { hidden } = view(
      `
        type Query { a: A other: Other @tag(name: "internal") }
        interface Node { id: ID owner: Owner }
        interface Owner { id: ID }
        type A implements Node { id: ID owner: User }
        type Other implements Node { id: ID owner: Machine }
        type User implements Owner { id: ID }
        type Machine implements Owner { id: ID }
      `,
      { ...internal, hideUnreachableTypes: true },
    );
    expect([...hidden.keys()]).toEqual(['Query.other', 'Other', 'Machine']);
  });

  it('are reachable by an interface, a union, an argument or a directive', () => {
    const { hidden } = view(
      `
        directive @in(unit: Unit) on FIELD
        type Query { node: Node any: Any find(by: Filter): ID secret: ID @tag(name: "internal") }
        interface Node { id: ID }
        type A implements Node { id: ID b: B }
        type B { id: ID }
        union Any = C
        type C { id: ID }
        input Filter { more: More }
        input More { at: Time }
        scalar Time
        enum Unit { METRE }
      `,
      { ...internal, hideUnreachableTypes: true },
    );
    expect([...hidden.keys()]).toEqual(['Query.secret']);
  });

  it('stay if they have an included tag, with what they lead to', () => {
    const { hidden } = view(
      `
        type Query { id: ID @tag(name: "public") }
        type Kept @tag(name: "public") { at: Time }
        type Other { id: ID @tag(name: "public") }
        enum Mode @tag(name: "public") { ON }
        scalar Time
        scalar Never
      `,
      { include: ['public'], hideUnreachableTypes: true },
    );
    expect([...hidden.keys()]).toEqual(['Other', 'Never']);
  });
});

it('lets exclusion win over inclusion', () => {
  const { hidden } = view(
    `
      type Query @tag(name: "public") { id: ID a: A b: ID @tag(name: "internal") @tag(name: "public") }
      type A @tag(name: "public") @tag(name: "internal") { id: ID }
    `,
    { ...internal, include: ['public'] },
  );
  expect([...hidden.keys()].sort()).toEqual(['A', 'Query.a', 'Query.b']);
});

it('knows names that every JavaScript object has', () => {
  const text = `
    type Query { constructor(toString: In, __proto__: Int): __proto__ valueOf: toString hasOwnProperty: ID }
    type __proto__ { __proto__: ID constructor: ID @tag(name: "internal") }
    type toString @tag(name: "internal") { id: ID }
    input In { __proto__: Int @tag(name: "internal") constructor: Int }
  `;
  const schema = buildSchema(text, { assumeValidSDL: true });
  const contract = contractOf(internal);
  const hidden = hiddenElements(schema, readTags(parse(text)), contract);
  expect([...hidden.keys()].sort()).toEqual(
    ['In.__proto__', 'Query.valueOf', '__proto__.constructor', 'toString'].sort(),
  );
  const client = buildClientSchema(schema, hidden);
  expect(Object.keys(client.getQueryType()?.getFields() ?? {})).toEqual(['constructor', 'hasOwnProperty']);
  expect(Object.keys(client.getTypeMap())).toContain('__proto__');
  expect(explanation('toString.constructor', hidden)).toContain('it is part of toString');
});

describe('a client schema', () => {
  const text = `
    type Query { list(by: Whole, part: Part, mode: Mode): Int secret: ID @tag(name: "internal") }
    input Whole { mode: Mode level: Level }
    input Part { level: Level hidden: Int @tag(name: "internal") outer: Outer }
    input Outer { part: Part }
    enum Mode { ON OFF }
    enum Level { LOW HIGH @tag(name: "internal") }
    scalar Time @specifiedBy(url: "https://example.com/time")
  `;

  it('shares the enums, input types and scalars that lose nothing', () => {
    const schema = buildSchema(text, { assumeValidSDL: true });
    const client = buildClientSchema(
      schema,
      hiddenElements(schema, readTags(parse(text)), contractOf(internal)),
    );
    const shared = ['Mode', 'Level', 'Whole', 'Part', 'Outer', 'Time'].filter(
      (name) => client.getType(name) === schema.getType(name),
    );
    expect(shared).toEqual(['Mode', 'Time']);
  });

  it('is the API schema itself where nothing is hidden', () => {
    const schema = buildSchema(text, { assumeValidSDL: true });
    expect(openContract({ schema, tags: new Map() }, contractOf({})).schema).toBe(schema);
  });

  it('keeps all digits of default values', () => {
    const digits = '12345678901234567890.10';
    const { schema } = view(
      `
        type Query { list(price: Decimal = ${digits}): ID secret: ID @tag(name: "internal") }
        scalar Decimal
      `,
      internal,
    );
    const argument = schema.getQueryType()?.getFields()['list']?.args[0];
    expect(argument && String(defaultValueOf(argument))).toBe(digits);
  });

  it('keeps descriptions, deprecations and defaults', () => {
    const described = `
      "The root"
      type Query {
        "All of them"
        all("How many" first: Int = 10 @deprecated(reason: "Ask for all")): ID @deprecated(reason: "Too many")
        mode: Mode
      }

      "On or off"
      enum Mode {
        "Bright"
        ON
        OFF @deprecated(reason: "Sleep")
      }
    `;
    const more =
      '\nextend type Query { secret: ID @tag(name: "internal") } extend enum Mode { X @tag(name: "internal") }';
    const { schema } = view(described + more, internal);
    expect(printSchema(schema)).toBe(printSchema(buildSchema(described)));
  });
});

/** Of a schema that is not composed. */
function view(sdl: string, rules: Partial<Contract>): ClientView {
  const schema = buildSchema(sdl, { assumeValidSDL: true });
  const result = openContract({ schema, tags: readTags(parse(sdl)) }, contractOf(rules));
  expect(validateSchema(result.schema)).toEqual([]);
  return result;
}

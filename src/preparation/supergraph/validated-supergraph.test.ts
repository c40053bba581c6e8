/** Broken supergraphs: what the planner's whole validation refuses is refused, for the same reason. */
import { Supergraph } from '@apollo/federation-internals';
import { Kind, parse, print, type DocumentNode } from 'graphql';
import { describe, expect, it } from 'vitest';

import { fixtures } from '../../../test/engine/fixtures/index.ts';
import { composeFixture } from '../../../test/engine/oracle/compose.ts';
import { randomOf, type Random } from '../../../bench/graph/random.ts';
import { assumedSupergraph, validatedSupergraph } from './validated-supergraph.ts';

const mutantsPerFixture = Number(process.env.MUTANTS ?? 15);

describe.each(fixtures.map((fixture) => [fixture.name, fixture] as const))('of %s', (_name, fixture) => {
  const document = parse(composeFixture(fixture), { noLocation: true });

  it('the composed supergraph is in no doubt', () => {
    const unexpected = (): never => {
      throw new Error('it was in doubt');
    };
    const { schema } = validatedSupergraph(document, unexpected);
    expect(assumedSupergraph(document).schema.allTypes().map(String)).toEqual(schema.allTypes().map(String));
  });

  it('broken ones are refused as by the planner', () => {
    const random = randomOf(fixture.name.length);
    for (let i = 0; i < mutantsPerFixture; i += 1) {
      const changed = structuredClone(document);
      const change = mutate(changed, random);
      const mutant = reparsed(changed);
      if (!mutant) continue;
      const expected = outcome(() => Supergraph.build(mutant, { supportedFeatures: null }));
      expect({ change, is: outcome(() => validatedSupergraph(mutant, () => mutant)) }).toEqual({
        change,
        is: expected,
      });
    }
  });
});

it('a directive in a wrong place, with wrong arguments or twice is refused', () => {
  const [fixture] = fixtures;
  if (!fixture) throw new Error('there is no fixture');
  const sdl = composeFixture(fixture);
  const refusals = [
    ['@deprecated(why: "x")', 'Unknown argument'],
    ['@deprecated @deprecated', 'can only be used once'],
    ['@specifiedBy(url: "x")', 'may not be used on'],
    ['@join__graph(name: "x")', 'is required'],
    ['@unknown', 'Unknown directive'],
  ] as const;
  for (const [directive, reason] of refusals) {
    const broken = parse(sdl.replace(/(?<=\ntype Query[^{]*\{)(\n {2}\w+[^\n]*: [^\n]+)/, `$1 ${directive}`));
    expect(outcome(() => validatedSupergraph(broken, () => broken))).toContain(reason);
  }
});

/** Undefined: no text could say this. */
function reparsed(document: DocumentNode): DocumentNode | undefined {
  try {
    return parse(print(document));
  } catch {
    return undefined;
  }
}

/** Whether it loads as far as the planner needs it, or why not. */
function outcome(build: () => Supergraph): string {
  try {
    const supergraph = build();
    supergraph.apiSchema();
    supergraph.subgraphs();
    return 'valid';
  } catch (error) {
    if (!(error instanceof Error)) return String(error);
    const { causes } = error as { readonly causes?: readonly Error[] };
    return causes?.map(({ message }) => message).join('\n') ?? error.message;
  }
}

type Tree = { [key: string]: unknown };

/** Breaks, or at least changes, one place of a document. @returns What was done. */
function mutate(document: DocumentNode, random: Random): string {
  const lists: unknown[][] = [];
  const named: Tree[] = [];
  const values: Tree[] = [];
  const types: Tree[] = [];
  const collect = (node: unknown): void => {
    if (Array.isArray(node)) {
      if (node.length > 0) lists.push(node);
      node.forEach(collect);
    } else if (typeof node === 'object' && node !== null) {
      const tree = node as Tree;
      if (tree['kind'] === Kind.NAME) named.push(tree);
      else if (tree['kind'] === Kind.NAMED_TYPE || tree['kind'] === Kind.NON_NULL_TYPE) types.push(tree);
      else if (typeof tree['value'] === 'string' || typeof tree['value'] === 'boolean') values.push(tree);
      Object.values(tree).forEach(collect);
    }
  };
  collect(document);
  const nameOf = (): string => String(random.pick(named)['value']);
  switch (random.below(8)) {
    case 0: {
      const list = random.pick(lists);
      const [removed] = list.splice(random.below(list.length), 1);
      return `without ${JSON.stringify(removed)}`;
    }
    case 1: {
      const list = random.pick(lists);
      const again = structuredClone(random.pick(list));
      list.push(again);
      return `again ${JSON.stringify(again)}`;
    }
    case 2: {
      const name = random.pick(named);
      const before = String(name['value']);
      name['value'] = random.chance(0.3) ? `__${before}` : nameOf();
      return `${before} is called ${String(name['value'])}`;
    }
    case 3: {
      const type = random.pick(types);
      const before = JSON.stringify(type);
      const inner = structuredClone(random.pick(types));
      const isPlain = inner['kind'] === Kind.NAMED_TYPE;
      const next = random.chance(0.5) && isPlain ? { kind: Kind.NON_NULL_TYPE, type: inner } : inner;
      for (const key of Object.keys(type)) delete type[key];
      Object.assign(type, next);
      return `${before} becomes ${JSON.stringify(type)}`;
    }
    case 4: {
      const value = random.pick(values);
      const before = JSON.stringify(value);
      if (value['kind'] === Kind.STRING) value['value'] = random.chance(0.5) ? nameOf() : '';
      else Object.assign(value, { kind: Kind.STRING, value: nameOf(), block: false });
      return `${before} becomes ${JSON.stringify(value)}`;
    }
    default: {
      // Whatever kind of list has something like it: directives, fields, arguments, members.
      const from = random.pick(lists);
      const moved = structuredClone(random.pick(from)) as Tree;
      const alike = lists.filter((list) => list.some((one) => (one as Tree)['kind'] === moved['kind']));
      const to = random.pick(alike);
      to.push(moved);
      return `moved ${JSON.stringify(moved)} beside ${JSON.stringify(to[0])}`;
    }
  }
}

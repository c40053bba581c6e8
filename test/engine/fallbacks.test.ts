/**
 * Every operation of every fixture with each of its services out in turn, all of whose fields have a declared value that
 * nothing else has: what is marked as a fallback is one, and what is one is marked.
 */

import {
  buildASTSchema,
  getNamedType,
  isInterfaceType,
  isListType,
  isObjectType,
  isScalarType,
  getNullableType,
  parse,
  type GraphQLOutputType,
} from 'graphql';
import { afterAll, describe, expect, it } from 'vitest';

import { serviceHeaders } from '../../src/config/gateway/transport.ts';
import type { Fallback } from '../../src/pipeline/answer.ts';
import type { RequestContext } from '../../src/pipeline/request.ts';
import { GatewayError } from '../../src/shared/errors.ts';
import { answerHeaderRules, saidToClient } from '../../src/sources/headers/answer-header-rules.ts';
import type { Fallbacks, Subgraph } from '../../src/sources/source.ts';
import { fixtures } from './fixtures/index.ts';
import { openEngine } from './ours/engine.ts';

const text = '~declared~';
const number = 987_654;
let marked = 0;

/** Values that another service answered, made of declared ones it was sent: those are the service's own. */
const passedOn = new Set(['["b","user","id"]', '["orderDetails","user","id"]']);

/** Two services answer for one list, and the other one did. */
const isShared = (value: unknown): boolean => Array.isArray(value) && value.length > 0;

describe.each(fixtures)('$name', (fixture) => {
  it.each(Object.keys(fixture.subgraphs))('without %s', async (out) => {
    let marks: readonly Fallback[] = [];
    const fallbacks = declaredFor(fixture.subgraphs[out]?.typeDefs ?? '');
    const broken: Subgraph = {
      fetch: () => Promise.reject(new GatewayError('SERVICE_UNAVAILABLE', `${out} is out`)),
      close: () => Promise.resolve(),
      fallbacks,
    };
    const engine = openEngine(fixture, {
      around: (service, subgraph) => (service === out ? broken : subgraph),
      onAnswer: ({ extensions }) => (marks = extensions?.fallbacks ?? []),
    });
    for (const operation of fixture.operations) {
      fixture.reset?.();
      const { data, errors } = await engine.run(operation);
      const paths = new Set(marks.map(({ path }) => JSON.stringify(path)));
      const found = new Set(declaredIn(data, []));
      const context = `${operation.name}: ${JSON.stringify({ data, marks, errors })}`;
      const unmarked = [...found].filter((path) => !paths.has(path) && !passedOn.has(path));
      expect(unmarked, context).toEqual([]);
      for (const { path, service, source } of marks) {
        expect([service, source]).toEqual([out, 'declared']);
        const value = valueAt(data, path);
        // What it stands in may be null for another reason.
        if (value !== undefined && !isShared(value))
          expect([text, number, '[]'], context).toContain(shown(value));
      }
      const failed = errors.map(({ path }) => JSON.stringify(path));
      expect(
        failed.filter((path) => paths.has(path)),
        context,
      ).toEqual([]);
      marked += found.size;
    }
    fixture.reset?.();
  });
});

it('an answer that is computed from a declared value is not kept, though its client sees no such value', async () => {
  const fixture = fixtures.find(({ name }) => name === 'failures');
  if (!fixture) throw new Error('there is such a fixture');
  const rules = answerHeaderRules('any', serviceHeaders.parse({ respond: ['cache-control'] }));
  const said = rules.of({ 'cache-control': 'public, max-age=60' });
  const isOut = { is: false };
  const contexts = new Set<RequestContext>();
  const engine = openEngine(fixture, {
    around: (service, subgraph) => ({
      ...(service === 'workers' ? { fallbacks: { 'Worker.pay': 4321 } } : {}),
      fetch(request) {
        contexts.add(request.context);
        rules.add(request.context, said);
        return service === 'workers' && isOut.is
          ? Promise.reject(new GatewayError('SERVICE_UNAVAILABLE', 'out'))
          : subgraph.fetch(request);
      },
      close: () => Promise.resolve(),
    }),
  });
  const controlOf = async () => {
    contexts.clear();
    const answer = await engine.run({ query: '{ job(id: "j1") { worker { bonus } } }' });
    const [context] = contexts;
    if (!context) throw new Error('no service was asked');
    return { text: JSON.stringify(answer.data), isKept: !saidToClient(context).control.isNoStore };
  };
  expect((await controlOf()).isKept).toBe(true);
  isOut.is = true;
  const { text: computed, isKept } = await controlOf();
  expect(computed).toContain('4321');
  expect(isKept).toBe(false);
});

afterAll(() => {
  expect(marked).toBeGreaterThan(100);
});

/** Leaves get a value that no row has, lists of objects are empty. */
function declaredFor(typeDefs: string): Fallbacks {
  const document = parse(
    typeDefs.replace(/extend schema[^\n]*\n/, '').replace(/\bextend (type|interface)\b/g, '$1'),
  );
  const schema = buildASTSchema(document, { assumeValid: true, assumeValidSDL: true });
  const fallbacks: Record<string, unknown> = {};
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || !(isObjectType(type) || isInterfaceType(type))) continue;
    if (type === schema.getMutationType()) continue;
    const name = type === schema.getQueryType() ? 'Query' : type.name;
    for (const field of Object.values(type.getFields())) {
      const value = valueFor(field.type);
      if (value !== undefined) fallbacks[`${name}.${field.name}`] = value;
    }
  }
  return fallbacks;
}

function valueFor(type: GraphQLOutputType): unknown {
  const named = getNamedType(type);
  if (isListType(getNullableType(type))) return isScalarType(named) ? undefined : [];
  if (named.name === 'String' || named.name === 'ID') return text;
  return named.name === 'Int' || named.name === 'Float' ? number : undefined;
}

function* declaredIn(value: unknown, path: ReadonlyArray<string | number>): Generator<string> {
  if (value === text || value === number) yield JSON.stringify(path);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    yield* declaredIn(child, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}

function valueAt(data: unknown, path: ReadonlyArray<string | number>): unknown {
  let value = data;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}

function shown(value: unknown): unknown {
  return Array.isArray(value) ? JSON.stringify(value) : value;
}

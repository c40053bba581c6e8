/** What a contract costs on a graph of 5,000 types: work in proportion to the graph, and little memory for each client. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { buildSchema, parse, type GraphQLSchema } from 'graphql';
import { expect, it } from 'vitest';

import { buildClientSchema } from '../../../src/preparation/contract/client-schema.ts';
import { hiddenElements } from '../../../src/preparation/contract/hidden-elements.ts';
import { readTags } from '../../../src/preparation/contract/tags.ts';
import { contractOf } from './graph.ts';

const types = 5_000;
const fieldsPerType = 10;
const contract = contractOf({ exclude: ['internal'], hideUnreachableTypes: true });

it('looks at each element a few times, however far the consequences of hiding one reach', () => {
  const sdl = largeSchema((type, field) => type % 50 === 0 && field === 0);
  // Each type is hidden by the next one, and the last by its tag.
  const chain = Array.from({ length: types }, (_, index) => `type C${index} { next: C${index + 1} }`).join(
    '\n',
  );
  const end = `type C${types} @tag(name: "internal") { id: ID } extend type Query { chain: C0 }`;
  const text = [sdl, chain, end].join('\n');
  const schema = buildSchema(text);
  const tags = new CountingMap(readTags(parse(text)));
  const hidden = hiddenElements(schema, tags, contract);
  expect(hidden.get('Query.chain')).toEqual({ kind: 'implied', by: 'C0', why: 'type' });
  const elements = types * (fieldsPerType + 4);
  expect(tags.reads).toBeLessThan(4 * elements);

  const counted = new CountingMap(hidden);
  buildClientSchema(schema, counted);
  expect(counted.reads).toBeLessThan(4 * elements);
});

it('keeps less than 16 MB for a client schema that loses something everywhere', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const heapBytes = (): number => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const sdl = largeSchema((type, field) => (type * fieldsPerType + field) % 17 === 0);
  const schema = buildSchema(sdl);
  const tags = readTags(parse(sdl));
  const clients: GraphQLSchema[] = [];
  let hiddenMs = 0;
  let schemaMs = 0;
  const build = (): void => {
    const startMs = processorMs();
    const hidden = hiddenElements(schema, tags, contract);
    const betweenMs = processorMs();
    clients.push(buildClientSchema(schema, hidden));
    hiddenMs += betweenMs - startMs;
    schemaMs += processorMs() - betweenMs;
  };
  // The first also resolves what the API schema computes on demand.
  build();
  const before = heapBytes();
  for (let each = 0; each < 4; each += 1) build();
  const bytesEach = (heapBytes() - before) / 4;
  const ms = (total: number): string => `${Math.round(total / clients.length)} ms of processor time`;
  console.log(
    `A client schema of ${types} types: ${(bytesEach / 1e6).toFixed(1)} MB, ${ms(hiddenMs)} to find what is hidden, ${ms(schemaMs)} to build it`,
  );
  expect(bytesEach).toBeLessThan(16e6);
});

/** Of this thread: others may keep the processor busy meanwhile. */
function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function largeSchema(isTagged: (type: number, field: number) => boolean): string {
  const leaves = ['ID!', 'String', 'Int', '[String!]!', 'Float', 'Boolean', 'String!'];
  const definitions = Array.from({ length: types }, (_, type) => {
    const near = [`T${(type * 7 + 1) % types}`, `[T${(type * 13 + 5) % types}!]!`, `T${(type + 1) % types}!`];
    const fields = [...leaves, ...near].map((fieldType, field) => {
      const args = field === fieldsPerType - 1 ? '(first: Int = 10, after: String)' : '';
      return `f${field}${args}: ${fieldType}${isTagged(type, field) ? ' @tag(name: "internal")' : ''}`;
    });
    return `"Type ${type}" type T${type} { ${fields.join(' ')} }`;
  });
  const tag = 'directive @tag(name: String!) repeatable on FIELD_DEFINITION | OBJECT';
  return [tag, 'type Query { first: T0 }', ...definitions].join('\n');
}

class CountingMap<Value> extends Map<string, Value> {
  reads = 0;

  override get(key: string): Value | undefined {
    this.reads += 1;
    return super.get(key);
  }

  override has(key: string): boolean {
    this.reads += 1;
    return super.has(key);
  }
}

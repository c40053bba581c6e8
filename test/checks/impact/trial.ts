/** Pairs of schemas with operations: whatever the comparison calls safe must be answered the same under both. */

import { buildSchema, parse, validate, validateSchema, type DocumentNode, type GraphQLSchema } from 'graphql';

import { OperationComparer, type OperationComparison } from '../../../src/checks/impact/comparer.ts';
import type { ImpactLevel } from '../../../src/checks/report.ts';
import { answer, answerText, type Request } from './backend.ts';
import { changedElements } from './changed-elements.ts';
import { mutations } from './mutations.ts';
import { randomDocument, randomValueOf, type VariableModel } from './random-operation.ts';
import { randomSchema } from './random-schema.ts';
import { hashOf, Random } from './random.ts';
import { sdlOf, type SchemaModel } from './schema-model.ts';

export type LevelCounts = Record<ImpactLevel, number>;

export interface Tally {
  pairs: number;
  /** Changed schemas that were not valid. */
  invalidSchemas: number;
  changes: number;
  operations: number;
  invalidDocuments: number;
  executions: number;
  /** Operations by level. */
  readonly levels: LevelCounts;
  /** Those answered otherwise for some of the tried variables and data. */
  readonly differing: LevelCounts;
  /** Of pairs with one change only, without operations that read the schema: every change affects them. */
  readonly byMutation: Map<string, LevelCounts>;
  /** Reasons of operations, by code. */
  readonly codes: Map<string, number>;
}

export function emptyCounts(): LevelCounts {
  return { broken: 0, affected: 0, safe: 0 };
}

export function emptyTally(): Tally {
  return {
    pairs: 0,
    invalidSchemas: 0,
    changes: 0,
    operations: 0,
    invalidDocuments: 0,
    executions: 0,
    levels: emptyCounts(),
    differing: emptyCounts(),
    byMutation: new Map(),
    codes: new Map(),
  };
}

const documentsPerPair = 8;
const dataSeeds = 3;
const attemptsMax = 10;

/** @returns A description of the first operation that is called safe and answered otherwise; null: none is. */
export function tryPair(seed: number, tally: Tally): string | null {
  const random = new Random(seed);
  const model = randomSchema(random);
  const base = validSchema(model);
  if (!base) {
    tally.invalidSchemas += 1;
    return null;
  }
  const changed = changedSchema(random, model, tally);
  if (!changed) return null;
  tally.pairs += 1;
  tally.changes += changed.names.length;
  const comparer = new OperationComparer(base, changed.schema);
  const preferred = changedElements(model, changed.model);
  for (let index = 0; index < documentsPerPair; index += 1) {
    const { text, operations, variables } = randomDocument(random, base, preferred);
    const document = parse(text);
    if (validate(base, document).length > 0) {
      tally.invalidDocuments += 1;
      continue;
    }
    for (const name of operations) {
      const comparison = comparer.compare(document, name);
      count(comparison, changed.names, tally);
      const types = variables.get(name) ?? new Map();
      const difference = firstDifference({
        base,
        head: changed.schema,
        document,
        name,
        types,
        random,
        tally,
      });
      if (difference !== null) tally.differing[comparison.level] += 1;
      if (comparison.level === 'safe' && difference !== null) {
        const head = sdlOf(changed.model);
        return [
          `Changes: ${changed.names.join(', ')}`,
          sdlOf(model),
          '--- is now',
          head,
          text,
          name,
          difference,
        ].join('\n\n');
      }
    }
  }
  return null;
}

function validSchema(model: SchemaModel): GraphQLSchema | null {
  try {
    const schema = buildSchema(sdlOf(model));
    return validateSchema(schema).length === 0 ? schema : null;
  } catch {
    return null;
  }
}

function changedSchema(
  random: Random,
  model: SchemaModel,
  tally: Tally,
): { schema: GraphQLSchema; model: SchemaModel; names: string[] } | null {
  const count = random.chance(0.6) ? 1 : 2 + random.below(4);
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const changed = structuredClone(model);
    const names: string[] = [];
    while (names.length < count) {
      const [name, mutate] = random.pick([...mutations]);
      if (mutate(random, changed)) names.push(name);
    }
    const schema = validSchema(changed);
    if (schema) return { schema, model: changed, names };
    tally.invalidSchemas += 1;
  }
  return null;
}

function count({ level, reasons }: OperationComparison, names: readonly string[], tally: Tally): void {
  tally.operations += 1;
  tally.levels[level] += 1;
  for (const { code } of reasons) tally.codes.set(code, (tally.codes.get(code) ?? 0) + 1);
  const [only] = names;
  if (names.length !== 1 || only === undefined) return;
  if (reasons.some(({ code }) => code === 'introspection')) return;
  const counts = tally.byMutation.get(only) ?? emptyCounts();
  counts[level] += 1;
  tally.byMutation.set(only, counts);
}

interface Contest {
  readonly base: GraphQLSchema;
  readonly head: GraphQLSchema;
  readonly document: DocumentNode;
  readonly name: string;
  readonly types: ReadonlyMap<string, VariableModel>;
  readonly random: Random;
  readonly tally: Tally;
}

function firstDifference({ base, head, document, name, types, random, tally }: Contest): string | null {
  const text = JSON.stringify(document.loc?.source.body ?? '');
  const introspects = text.includes('__type(');
  for (let index = 0; index < dataSeeds; index += 1) {
    const variableValues = randomVariables(random, types);
    const request: Request = { document, operationName: name, variableValues };
    const seed = hashOf(`${text} ${index}`);
    for (const contract of [base, head]) {
      tally.executions += 2;
      const before = answerText(answer(base, { contract, seed }, request), introspects);
      const after = answerText(answer(head, { contract, seed }, request), introspects);
      if (before === after) continue;
      const of = contract === base ? 'base' : 'head';
      return [`variables ${JSON.stringify(variableValues)}, data of ${of}`, before, after].join('\n\n');
    }
  }
  return null;
}

function randomVariables(random: Random, types: ReadonlyMap<string, VariableModel>): Record<string, unknown> {
  const entries = [...types].flatMap(([name, { type, mayBeOmitted }]): Array<[string, unknown]> =>
    mayBeOmitted && random.chance(0.35) ? [] : [[name, randomValueOf(random, type, 0)]],
  );
  return Object.fromEntries(entries);
}

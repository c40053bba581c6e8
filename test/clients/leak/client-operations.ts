/** Operations of a client that looks for what it may not see: valid ones of its own schema, and ones that guess. */
import fc from 'fast-check';
import type { GraphQLSchema } from 'graphql';

import { sketches } from '../../engine/random/sketch.ts';
import { writeOperation } from '../../engine/random/write.ts';
import type { Dice } from '../contract/random/dice.ts';
import type { SecretSchema } from './secret-schema.ts';

export interface ClientOperation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
}

export function validOperations(schema: GraphQLSchema, seed: number, count: number): ClientOperation[] {
  return fc
    .sample(sketches(schema, new Map()), { seed, numRuns: count })
    .map((sketch) => writeOperation(schema, sketch));
}

type Guess = (operation: ClientOperation, name: string, dice: Dice) => ClientOperation;

/** As text, wherever it may stand; most of it is invalid. */
const guesses: readonly [Guess, ...Guess[]] = [
  (operation, name, dice) => replaced(operation, dice, /\b\w+_zq\b/g, () => name),
  (operation, name, dice) => replaced(operation, dice, /\{/g, () => `{ ${name} `),
  (operation, name, dice) => replaced(operation, dice, /\{/g, () => `{ ... on ${name} { __typename } `),
  (operation, name, dice) => replaced(operation, dice, /\b[a-z]\w*_zq\b/g, (field) => `${field}(${name}: 1)`),
  (operation, name, dice) => replaced(operation, dice, /: [^,()]+(?=[,)])/g, () => `: ${name}`),
  (operation, name, dice) => replaced(operation, dice, /: [^,()]+(?=[,)])/g, () => `: { ${name}: ${name} }`),
  (operation, name) => ({ ...operation, query: `${operation.query} fragment X on ${name} { id }` }),
  (operation, name) => ({ ...operation, query: `${operation.query} { ...${name} }`, operationName: name }),
  (operation, name) => withVariables(operation, name),
  (operation, name) => withVariables(operation, { [name]: name }),
  (operation, name) => withVariables(operation, [{ [name]: null }, 7]),
  (operation, name, dice) =>
    replaced(operation, dice, /\$\w+: \[?\w+/g, (text) => text.replace(/\w+$/, name)),
  (operation, _, dice) => replaced(operation, dice, /[{}():$!"]/g, () => ''),
  (operation, _, dice) => ({
    ...operation,
    query: operation.query.slice(0, dice.upTo(operation.query.length)),
  }),
  (_, name) => ({
    query: `query ($n: String!) {
      __type(name: $n) { ...T }
      __schema { types { ...T } directives { name args { name defaultValue } } ${name} }
    } ${typeFragment}`,
    variables: { n: name },
  }),
  (_, name) => ({
    query: `query ($n: String!) { __type(name: $n) { ...T } __schema { types { ...T } } } ${typeFragment}`,
    variables: { n: name },
  }),
  (_, name) => ({ query: `{ __type(name: "${name}") { ...T } } ${typeFragment}`, variables: {} }),
];

const typeFragment = `fragment T on __Type {
  name description kind
  fields(includeDeprecated: true) { name args { name defaultValue type { name } } type { name ofType { name } } }
  inputFields { name defaultValue }
  enumValues(includeDeprecated: true) { name }
  possibleTypes { name }
  interfaces { name }
}`;

/** An operation that mentions hidden names, or names that are nearly one. */
export function guessing(
  operation: ClientOperation,
  { hiddenNames }: Pick<SecretSchema, 'hiddenNames'>,
  dice: Dice,
): ClientOperation {
  const name = dice.oneOf(hiddenNames);
  const guess = dice.oneOf(guesses);
  const once = guess(operation, dice.chance(0.8) ? mistyped(name, dice) : name, dice);
  return dice.chance(0.3) ? guessing(once, { hiddenNames }, dice) : once;
}

function mistyped(name: string, dice: Dice): string {
  const at = 1 + dice.upTo(name.length - 2);
  return dice.chance(0.5) ? name.slice(0, at) + name.slice(at + 1) : `${name.slice(0, at)}x${name.slice(at)}`;
}

function replaced(
  operation: ClientOperation,
  dice: Dice,
  ...[pattern, write]: [RegExp, (text: string) => string]
): ClientOperation {
  const { query } = operation;
  const matches = [...query.matchAll(pattern)];
  const match = matches[dice.upTo(matches.length - 1)];
  if (!match) return operation;
  const [text] = match;
  return {
    ...operation,
    query: query.slice(0, match.index) + write(text) + query.slice(match.index + text.length),
  };
}

/** Gives every variable this value, and one that is not declared. */
function withVariables(operation: ClientOperation, value: unknown): ClientOperation {
  const names = [...operation.query.matchAll(/\$(\w+)/g)].map(([, name = '']) => name);
  return { ...operation, variables: Object.fromEntries([...names, 'other'].map((name) => [name, value])) };
}

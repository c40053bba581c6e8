/**
 * `rest` of a local subgraph in graph.yaml: maps fields of its schema to calls of REST services, without resolvers. Only
 * its shape and placeholders; `rest-mapping-checks.ts` checks it against the schema.
 */

import { z } from 'zod';

const path = z.string().regex(/^\/[^?#\s]*$/, 'expected a path such as /users/{args.id}, without a query');
const jsonPath = z
  .string()
  .regex(/^[\w-]+(\.[\w-]+)*$/, 'expected names of the answer such as data.items, joined by dots');
const coordinate = z.string().regex(/^[A-Za-z_]\w*\.[A-Za-z_]\w*$/, 'expected a field such as Query.user');
const typeName = z.string().regex(/^[A-Za-z_]\w*$/, 'expected the name of a type such as User');
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const parameter = z.string().min(1);

export const restVerbs = ['get', 'search', 'post', 'put', 'patch', 'delete', 'bulk'] as const;
export type RestVerb = (typeof restVerbs)[number];

/** One of the verbs with its path, or `object`; the checks decide which options each allows. */
const call = z.strictObject({
  get: path.optional(),
  /** A POST without side effects. */
  search: path.optional(),
  post: path.optional(),
  put: path.optional(),
  patch: path.optional(),
  delete: path.optional(),
  /** One call for many ids. */
  bulk: path.optional(),
  /** No call: an object of known values, such as the key of an entity of another subgraph. */
  object: z.record(z.string(), scalar).optional(),
  /** One of the subgraph's `sources`; optional if it has exactly one. */
  source: z.string().optional(),
  query: z.record(parameter, scalar).optional(),
  /** How lists of `query` and the ids of `bulk` are sent: `tag=a,b`, or `tag=a&tag=b`. Default `comma`. */
  lists: z.enum(['comma', 'repeat']).optional(),
  body: z.json().optional(),
  idempotencyKey: z.string().optional(),
  /** The path of the value in the response. Default: the whole response. */
  select: jsonPath.optional(),
  /** For `bulk`: how ids are sent, which ids, and which fields of a record hold its id or error. */
  ids: z
    .union([z.strictObject({ query: parameter }), z.strictObject({ body: parameter })], {
      error: 'expected { query: <parameter> } or { body: <field> }',
    })
    .optional(),
  id: z.string().optional(),
  idField: z.string().min(1).optional(),
  errorField: z.string().min(1).optional(),
});

export const restMapping = z.strictObject({
  fields: z.record(coordinate, call).default({}),
  /** How entities are fetched by their key, by type. */
  entities: z.record(typeName, call).default({}),
  /** The paths of fields in the response, if they differ from their names. */
  rename: z.record(coordinate, jsonPath).default({}),
});

export type RestCallConfig = z.output<typeof call>;
export type RestMapping = z.output<typeof restMapping>;

/** `args`: of the field. `parent`: fields of its type. `record`: the service's record of its parent. `key`: of an entity. */
const scopes = ['args', 'parent', 'record', 'key'] as const;
export type PlaceholderScope = (typeof scopes)[number];

export interface Placeholder {
  readonly scope: PlaceholderScope;
  /** At least one. */
  readonly path: readonly string[];
  /** In a path: `{args.file*}` may contain slashes. */
  readonly spans?: true;
}

/** A template as literal texts and placeholders. */
export type Pieces = ReadonlyArray<string | Placeholder>;

const placeholder = new RegExp(String.raw`\{(${scopes.join('|')})((?:\.[A-Za-z_]\w*)+)(\*?)\}`, 'g');

/** Undefined if a brace is not part of a placeholder. */
export function piecesOf(text: string): Pieces | undefined {
  const pieces: Array<string | Placeholder> = [];
  let end = 0;
  for (const match of text.matchAll(placeholder)) {
    if (match.index > end) pieces.push(text.slice(end, match.index));
    const [whole, scope, path = '', star] = match;
    pieces.push({
      scope: scope as PlaceholderScope,
      path: path.slice(1).split('.'),
      ...(star ? { spans: true } : {}),
    });
    end = match.index + whole.length;
  }
  if (end < text.length) pieces.push(text.slice(end));
  return pieces.some((piece) => typeof piece === 'string' && /[{}]/.test(piece)) ? undefined : pieces;
}

/** The placeholder that is the whole value; undefined for other values, which are literal. */
export function placeholderIn(value: unknown): Placeholder | undefined {
  if (typeof value !== 'string') return undefined;
  const [only, ...others] = piecesOf(value) ?? [];
  return others.length === 0 && typeof only === 'object' ? only : undefined;
}

export function placeholderText({ scope, path: names, spans }: Placeholder): string {
  return `{${[scope, ...names].join('.')}${spans ? '*' : ''}}`;
}

export function verbOf(config: RestCallConfig): RestVerb | undefined {
  return restVerbs.find((verb) => config[verb] !== undefined);
}

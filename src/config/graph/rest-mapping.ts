/**
 * `rest` of a local subgraph in graph.yaml: which fields of its schema are which calls of REST services, without a
 * resolver. Shape and placeholders; whether it fits the schema is checked in `rest-mapping-checks.ts`.
 */

import { z } from 'zod';

const path = z.string().regex(/^\/[^?#\s]*$/, 'expected a path such as /users/{args.id}, without a query');
const jsonPath = z
  .string()
  .regex(/^[\w-]+(\.[\w-]+)*$/, 'expected names of the answer such as data.items, joined by dots');
const coordinate = z.string().regex(/^[A-Za-z_]\w*\.[A-Za-z_]\w*$/, 'expected a field such as Query.user');
const typeName = z.string().regex(/^[A-Za-z_]\w*$/, 'expected the name of a type such as User');
const placed = z.union([z.string(), z.number(), z.boolean()]);
const parameter = z.string().min(1);

export const restVerbs = ['get', 'search', 'post', 'put', 'patch', 'delete', 'bulk'] as const;
export type RestVerb = (typeof restVerbs)[number];

/** One of the verbs with its path, or `object`; what goes with which, the checks say. */
const call = z.strictObject({
  get: path.optional(),
  /** A POST that only asks. */
  search: path.optional(),
  post: path.optional(),
  put: path.optional(),
  patch: path.optional(),
  delete: path.optional(),
  /** Asked for many ids at once. */
  bulk: path.optional(),
  /** No call: an object of what is known, such as the key of an entity that another subgraph has. */
  object: z.record(z.string(), placed).optional(),
  /** Of the subgraph's `sources`; not needed where it has one. */
  source: z.string().optional(),
  query: z.record(parameter, placed).optional(),
  /** How lists of `query` and the ids of `bulk` are sent: `tag=a,b`, or `tag=a&tag=b`. Default `comma`. */
  lists: z.enum(['comma', 'repeat']).optional(),
  body: z.json().optional(),
  idempotencyKey: z.string().optional(),
  /** Where in the answer the value is. Default: it is the answer. */
  select: jsonPath.optional(),
  /** Of `bulk`: how ids are sent, which are asked for, and how records and errors are told from one another. */
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
  /** How entities are found by their key, by type. */
  entities: z.record(typeName, call).default({}),
  /** Where fields are in the answer, if not by their name in it. */
  rename: z.record(coordinate, jsonPath).default({}),
});

export type RestCallConfig = z.output<typeof call>;
export type RestMapping = z.output<typeof restMapping>;

/** `args`: of the field. `parent`: fields of its type. `record`: what the service sent of its parent. `key`: of an entity. */
const scopes = ['args', 'parent', 'record', 'key'] as const;
export type PlaceholderScope = (typeof scopes)[number];

export interface Placeholder {
  readonly scope: PlaceholderScope;
  /** At least one. */
  readonly path: readonly string[];
  /** Of a path: `{args.file*}` may hold slashes. */
  readonly spans?: true;
}

/** A text in pieces: what stands there, and what is put in. */
export type Pieces = ReadonlyArray<string | Placeholder>;

const placeholder = new RegExp(String.raw`\{(${scopes.join('|')})((?:\.[A-Za-z_]\w*)+)(\*?)\}`, 'g');

/** Undefined where a brace is no part of a placeholder. */
export function piecesOf(text: string): Pieces | undefined {
  const pieces: Array<string | Placeholder> = [];
  let end = 0;
  for (const found of text.matchAll(placeholder)) {
    if (found.index > end) pieces.push(text.slice(end, found.index));
    const [whole, scope, path = '', star] = found;
    pieces.push({
      scope: scope as PlaceholderScope,
      path: path.slice(1).split('.'),
      ...(star ? { spans: true } : {}),
    });
    end = found.index + whole.length;
  }
  if (end < text.length) pieces.push(text.slice(end));
  return pieces.some((piece) => typeof piece === 'string' && /[{}]/.test(piece)) ? undefined : pieces;
}

/** Of a value that is one placeholder as a whole; undefined for every other value, which stands for itself. */
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

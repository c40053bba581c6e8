/**
 * Checks the `rest` mapping of a subgraph against its schema and sources: every wrong name is reported with its position
 * in graph.yaml and a suggestion. Works on the unchecked value, valid or not.
 */

import { Kind, type TypeNode } from 'graphql';

import {
  type Placeholder,
  placeholderIn,
  placeholderText,
  piecesOf,
  restMapping,
  type RestCallConfig,
  type RestMapping,
  type RestVerb,
  restVerbs,
} from './rest-mapping.ts';
import { indexSdl, isListType, namedType, type SdlField, type SdlIndex, type SdlType } from './sdl-index.ts';
import { didYouMean } from '../yaml/suggest.ts';
import type { Report } from '../yaml/file.ts';
import type { ConfigPath } from '../yaml/position.ts';

export interface MappedSubgraph {
  readonly mapping: unknown;
  /** In graph.yaml. */
  readonly path: ConfigPath;
  readonly sdl: string;
  /** Names of its sources, with the kind of each. */
  readonly sources: ReadonlyMap<string, unknown>;
  /** Whether other fields have resolvers. */
  readonly hasResolvers: boolean;
}

export function checkRestMapping(subgraph: MappedSubgraph, report: Report): void {
  const schema = indexSdl(subgraph.sdl);
  // Mistakes in its shape are reported by the schema of the file.
  const parsed = restMapping.safeParse(subgraph.mapping);
  if (schema && parsed.success) new Checker({ ...subgraph, mapping: parsed.data, schema, report }).check();
}

/** What a call resolves: a field, or an entity by its key (`field` is undefined). */
interface Subject {
  readonly path: ConfigPath;
  readonly typeName: string;
  readonly type: SdlType;
  readonly field: SdlField | undefined;
}

/** The position of a placeholder, and what it may stand for. */
interface Slot {
  readonly at: ConfigPath;
  readonly expected: 'path' | 'one' | 'list' | 'any';
}

const changes: readonly RestVerb[] = ['post', 'put', 'patch', 'delete'];
const withBody: readonly RestVerb[] = ['search', 'post', 'put', 'patch'];
const ofBulk = ['ids', 'id', 'idField', 'errorField'] as const;

interface CheckerParts extends MappedSubgraph {
  readonly mapping: RestMapping;
  readonly schema: SdlIndex;
  readonly report: Report;
}

class Checker {
  readonly #subgraph: MappedSubgraph;
  readonly #mapping: RestMapping;
  readonly #schema: SdlIndex;
  readonly #report: Report;

  constructor(parts: CheckerParts) {
    this.#subgraph = parts;
    this.#mapping = parts.mapping;
    this.#schema = parts.schema;
    this.#report = parts.report;
  }

  check(): void {
    const { fields, entities, rename } = this.#mapping;
    for (const [coordinate, call] of Object.entries(fields)) {
      const subject = this.#fieldOf(coordinate, ['fields', coordinate]);
      if (subject) this.#checkCall(call, subject);
    }
    for (const [typeName, call] of Object.entries(entities)) {
      const subject = this.#entityOf(typeName);
      if (subject) this.#checkCall(call, subject);
    }
    for (const coordinate of Object.keys(rename)) {
      const path = ['rename', coordinate];
      if (this.#fieldOf(coordinate, path) && Object.hasOwn(fields, coordinate)) {
        this.#wrong(path, `${coordinate} is a call; say with "select" where its value is`);
      }
    }
    this.#checkRoots();
  }

  #wrong(path: ConfigPath, message: string, at: 'key' | 'value' = 'key'): void {
    this.#report([...this.#subgraph.path, ...path], message, at);
  }

  #fieldOf(coordinate: string, path: ConfigPath): Subject | undefined {
    const [typeName = '', fieldName = ''] = coordinate.split('.');
    const type = this.#objectType(typeName, path);
    if (!type) return undefined;
    const field = type.fields.get(fieldName);
    if (field) return { path, typeName, type, field };
    const hint = didYouMean(fieldName, [...type.fields.keys()]);
    this.#wrong(path, `the schema has no field ${coordinate}${hint}`);
    return undefined;
  }

  #entityOf(typeName: string): Subject | undefined {
    const path = ['entities', typeName];
    const type = this.#objectType(typeName, path);
    if (!type) return undefined;
    if (type.keys.length > 0) return { path, typeName, type, field: undefined };
    this.#wrong(path, `type ${typeName} has no @key in the schema`);
    return undefined;
  }

  #objectType(typeName: string, path: ConfigPath): SdlType | undefined {
    const type = this.#schema.get(typeName);
    if (type?.kind === 'object') return type;
    const objects = [...this.#schema].filter(([, { kind }]) => kind === 'object').map(([name]) => name);
    this.#wrong(path, `the schema has no object type ${typeName}${didYouMean(typeName, objects)}`);
    return undefined;
  }

  #checkCall(call: RestCallConfig, subject: Subject): void {
    const { path, typeName, field } = subject;
    const verbs = restVerbs.filter((verb) => call[verb] !== undefined);
    const [verb] = verbs;
    if (verbs.length + (call.object ? 1 : 0) !== 1) {
      const choices = [...restVerbs, 'object'].join(', ');
      this.#wrong(path, `expected one of ${choices}, got ${verbs.length === 0 ? 'none' : 'several'}`);
      return;
    }
    if (verb === undefined) {
      this.#checkObject(call, subject);
      return;
    }
    const isChange = changes.includes(verb);
    if (isChange !== (typeName === 'Mutation')) {
      const expected = isChange ? 'get, search or bulk: it only asks' : changes.join(', ');
      this.#wrong([...path, verb], `expected ${field ? 'for a field of' : 'for'} ${typeName} ${expected}`);
    }
    this.#checkSource(call, path);
    this.#checkCompanions(call, verb, path);
    this.#checkPath(call[verb] ?? '', verb, subject);
    for (const [name, value] of Object.entries(call.query ?? {})) {
      this.#checkScalar(value, { at: [...path, 'query', name], expected: 'list' }, subject);
    }
    this.#checkBody(call.body, [...path, 'body'], subject);
    this.#checkScalar(call.idempotencyKey, { at: [...path, 'idempotencyKey'], expected: 'one' }, subject);
    if (verb === 'bulk') this.#checkBulk(call, subject);
    this.#checkAnswer(subject);
  }

  #checkSource({ source }: RestCallConfig, path: ConfigPath): void {
    const { sources } = this.#subgraph;
    const rest = [...sources].filter(([, kind]) => kind === 'rest').map(([name]) => name);
    if (source === undefined && sources.size !== 1) {
      this.#wrong(path, 'expected "source", as the subgraph has not exactly one');
      return;
    }
    const name = source ?? [...sources.keys()][0] ?? '';
    if (rest.includes(name)) return;
    const at = source === undefined ? path : [...path, 'source'];
    const hint = didYouMean(name, rest);
    this.#wrong(at, `expected a source of kind rest among "sources" of the subgraph, got "${name}"${hint}`);
  }

  #checkCompanions(call: RestCallConfig, verb: RestVerb, path: ConfigPath): void {
    const only = (name: keyof RestCallConfig, verbs: readonly RestVerb[]): void => {
      if (call[name] === undefined || verbs.includes(verb)) return;
      this.#wrong([...path, name], `goes only with ${verbs.join(', ')}`);
    };
    only('body', withBody);
    only('idempotencyKey', changes);
    for (const name of ofBulk) only(name, ['bulk']);
  }

  #checkPath(text: string, verb: RestVerb, subject: Subject): void {
    const path = [...subject.path, verb];
    const pieces = piecesOf(text);
    if (!pieces) {
      this.#wrong(path, unreadable, 'value');
      return;
    }
    const literal = pieces.map((piece) => (typeof piece === 'string' ? piece : 'x')).join('');
    if (/(^|\/)\.{1,2}(\/|$)|\/\/|\/:[A-Za-z_]/.test(literal)) {
      this.#wrong(path, 'expected a path without empty steps, "." and ".." and without "/:name"', 'value');
    }
    for (const piece of pieces) {
      if (typeof piece === 'object') this.#checkPlaceholder(piece, { at: path, expected: 'path' }, subject);
    }
  }

  /** A literal, or one placeholder for a scalar or, if the slot allows it, a list. */
  #checkScalar(value: unknown, slot: Slot, subject: Subject): void {
    if (typeof value !== 'string' || !/[{}]/.test(value)) return;
    const [only, ...others] = piecesOf(value) ?? [];
    if (typeof only !== 'object' || others.length > 0) this.#wrong(slot.at, unreadable, 'value');
    else this.#checkPlaceholder(only, slot, subject);
  }

  #checkBody(value: unknown, path: ConfigPath, subject: Subject): void {
    if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) {
        this.#checkBody(inner, [...path, Array.isArray(value) ? Number(name) : name], subject);
      }
      return;
    }
    this.#checkScalar(value, { at: path, expected: 'any' }, subject);
  }

  #checkBulk(call: RestCallConfig, subject: Subject): void {
    const { path, field, type, typeName } = subject;
    if (!call.ids) this.#wrong(path, 'expected "ids" with "bulk": how the ids are sent');
    if (call.id !== undefined) {
      this.#checkScalar(call.id, { at: [...path, 'id'], expected: 'list' }, subject);
      const id = placeholderIn(call.id);
      if (!id) this.#wrong([...path, 'id'], unreadable, 'value');
      const ofId = id && field && this.#typeOf(id, subject);
      if (ofId && isListType(ofId) !== isListType(field.type)) {
        this.#wrong([...path, 'id'], 'one id is for one object, and a list of ids for a list', 'value');
      }
    } else if (field) {
      this.#wrong(path, 'expected "id" with "bulk": which one is asked for, such as "{parent.userId}"');
    } else if (type.keys.length !== 1 || type.keys[0]?.length !== 1) {
      this.#wrong(path, `expected "id" with "bulk", as ${typeName} has not exactly one key of one field`);
    }
  }

  /** The type of an argument or a field of the parent; undefined if the schema does not determine it. */
  #typeOf(
    { scope, path: [first = '', ...inner] }: Placeholder,
    { field, type }: Subject,
  ): TypeNode | undefined {
    if (inner.length > 0) return undefined;
    return scope === 'args'
      ? field?.args.get(first)
      : scope === 'parent'
        ? type.fields.get(first)?.type
        : undefined;
  }

  #checkObject(call: RestCallConfig, subject: Subject): void {
    const { path, field } = subject;
    if (!field) {
      this.#wrong([...path, 'object'], 'goes only with fields: without "entities" the key is what is known');
      return;
    }
    for (const name of Object.keys(call)) {
      if (name !== 'object') this.#wrong([...path, name], 'goes only with a call, not with "object"');
    }
    const type = this.#schema.get(namedType(field.type));
    for (const [name, value] of Object.entries(call.object ?? {})) {
      const at = [...path, 'object', name];
      if (type?.fields.has(name) === false) {
        const hint = didYouMean(name, [...type.fields.keys()]);
        this.#wrong(at, `the schema has no field ${namedType(field.type)}.${name}${hint}`);
      }
      this.#checkScalar(value, { at, expected: 'one' }, subject);
    }
  }

  #checkAnswer({ path, field }: Subject): void {
    if (!field) return;
    const name = namedType(field.type);
    const kind = this.#schema.get(name)?.kind;
    if (kind === 'interface' || kind === 'union') {
      this.#wrong(path, `${name} is abstract: which type an answer is, only a resolver can say`);
    }
  }

  #checkPlaceholder(placeholder: Placeholder, { at, expected }: Slot, subject: Subject): void {
    const { scope, path: names } = placeholder;
    const text = placeholderText(placeholder);
    const wrong = (reason: string): void => this.#wrong(at, `${text}: ${reason}`, 'value');
    const { field, type, typeName } = subject;
    const [first = '', ...inner] = names;
    if (placeholder.spans && expected !== 'path') wrong('only in a path may it end with "*"');
    if (scope === 'args') {
      if (!field) wrong('an entity has no arguments; expected {key...}');
      else this.#checkArgument(names, field, { expected, wrong });
    } else if (scope === 'key') {
      if (field) wrong('only entities have a key; expected {args...}, {parent...} or {record...}');
      else this.#checkKey(names.join('.'), type, wrong);
    } else if (!field) {
      wrong('an entity has no parent; expected {key...}');
    } else if (typeName === 'Query' || typeName === 'Mutation') {
      wrong(`a field of ${typeName} has no parent; expected {args...}`);
    } else if (scope === 'parent') {
      const parentField = type.fields.get(first);
      if (!parentField)
        wrong(`the schema has no field ${typeName}.${first}${didYouMean(first, [...type.fields.keys()])}`);
      else if (inner.length > 0) wrong('expected one field; {record...} reaches into what the service sent');
      else if (Object.hasOwn(this.#mapping.fields, `${typeName}.${first}`))
        wrong('it is a call of its own, and not known before');
      else if (expected === 'path' && isListType(parentField.type)) wrong('a list is no part of a path');
    }
  }

  #checkKey(path: string, { keys }: SdlType, wrong: (reason: string) => void): void {
    const [first = [], ...others] = keys;
    // A reference may use any of the keys.
    const inAll = first.filter((field) => others.every((key) => key.includes(field)));
    if (inAll.includes(path)) return;
    const reason = keys.some((key) => key.includes(path))
      ? 'it is not in every @key'
      : 'it is not in the @key';
    wrong(`${reason}${didYouMean(path, inAll)}`);
  }

  #checkArgument(
    names: readonly string[],
    { args }: SdlField,
    { expected, wrong }: Pick<Slot, 'expected'> & { readonly wrong: (reason: string) => void },
  ): void {
    let candidates: ReadonlyMap<string, SdlField['type']> = args;
    let isNullable = false;
    for (const [index, name] of names.entries()) {
      const type = candidates.get(name);
      if (!type) {
        const what = index === 0 ? 'the field has no argument' : `${names[index - 1]} has no field`;
        wrong(`${what} ${name}${didYouMean(name, [...candidates.keys()])}`);
        return;
      }
      isNullable ||= type.kind !== Kind.NON_NULL_TYPE;
      const input = this.#schema.get(namedType(type));
      const isLast = index === names.length - 1;
      if (isListType(type) && (!isLast || expected === 'path' || expected === 'one')) wrong('it is a list');
      else if (isLast && input?.kind === 'input' && expected !== 'any')
        wrong('it is an object; name a field of it');
      else if (isLast && isNullable && expected === 'path') wrong('it may be null, and a path needs a value');
      candidates = new Map([...(input?.fields ?? [])].map(([field, { type: of }]) => [field, of]));
    }
  }

  /** A root field without a resolver or call would always be null. */
  #checkRoots(): void {
    if (this.#subgraph.hasResolvers) return;
    for (const root of ['Query', 'Mutation']) {
      for (const name of this.#schema.get(root)?.fields.keys() ?? []) {
        const coordinate = `${root}.${name}`;
        if (Object.hasOwn(this.#mapping.fields, coordinate)) continue;
        this.#wrong(['fields'], `nothing resolves ${coordinate}: map it here, or add "resolvers"`);
      }
    }
  }
}

const unreadable =
  'expected placeholders such as {args.id}, {parent.id}, {record.id} or {key.id}, and no other braces';

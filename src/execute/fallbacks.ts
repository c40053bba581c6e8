/**
 * Values that stand in for what a service did not answer: declared ones, field by field, and the marks of stale
 * answers. Slow: nothing here runs unless a call failed or its answer is an old one.
 */

import {
  Kind,
  parse,
  type FieldNode,
  type InlineFragmentNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

import type { Fallback } from '../pipeline/answer.ts';
import type { FetchNode } from '../pipeline/prepared.ts';
import { isOutage } from '../shared/errors.ts';
import { isRecord, own } from '../shared/records.ts';
import type { Fallbacks } from '../sources/source.ts';
import type { CompiledFetch } from './fetch.ts';
import { copyOf, merge, mergeValues, type Data } from './merge.ts';
import { positionsAt, type Position } from './positions.ts';
import { applyRewrites } from './rewrites.ts';
import type { FallbacksUsed, Run } from './run.ts';

/** The response names that got a declared value, by object. */
export type Filled = ReadonlyMap<object, ReadonlySet<string>>;

/**
 * Gives each position of a failed call the values that its service's policy declares.
 *
 * @param objects Those the call was for; absent: all.
 * @returns undefined where none is declared or the failure is none that a fallback is for.
 */
export function fillDeclared(
  run: Run,
  fetch: CompiledFetch,
  code: unknown,
  objects?: ReadonlySet<Data>,
): Filled | undefined {
  const fallbacks = fallbacksFor(run, fetch, code);
  if (!fallbacks) return undefined;
  const { filled } = usedBy(run);
  const now = new Map<Data, ReadonlySet<string>>();
  for (const { object, path } of positionsAt(run.data, fetch.path)) {
    if (objects && !objects.has(object)) continue;
    let names = now.get(object);
    if (!names) now.set(object, (names = fill(object, fetch.node, fallbacks, isLacking)));
    // Another fetch may have been for the same field.
    filled.set(object, new Set([...(filled.get(object) ?? []), ...names]));
    for (const name of names) markDeclared(run, fetch, [...path, name]);
  }
  return filled;
}

/**
 * The same for one field that a subgraph answered with null, because a service behind it is out.
 *
 * @param path Of the error, within each of `positions`.
 * @returns Whether it has a value now.
 */
export function fillField(run: Run, fetch: CompiledFetch, { code, path, positions }: FailedField): boolean {
  const [name] = path;
  if (path.length !== 1 || typeof name !== 'string') return false;
  const fallbacks = fallbacksFor(run, fetch, code);
  if (!fallbacks) return false;
  const nulled = positions.filter(({ object }) => own(object, name) === null);
  const objects = new Set(nulled.map(({ object }) => object));
  for (const object of objects) {
    const names = fill(object, fetch.node, fallbacks, (_, candidate) => candidate === name);
    if (!names.has(name)) return false;
  }
  for (const position of nulled) markDeclared(run, fetch, [...position.path, name]);
  return nulled.length > 0;
}

export interface FailedField {
  readonly code: unknown;
  readonly path: ReadonlyArray<string | number>;
  readonly positions: readonly Position[];
}

/** What the fetch wrote is an earlier answer. */
export function markStale(run: Run, fetch: CompiledFetch, ageMs: number, objects?: ReadonlySet<Data>): void {
  for (const { object, path } of positionsAt(run.data, fetch.path)) {
    if (objects && !objects.has(object)) continue;
    for (const name of fetch.node.writes) {
      const written = finalName(fetch.node, name);
      if (own(object, written) === undefined) continue;
      mark(run, { path: [...path, written], service: fetch.node.service, source: 'stale', ageMs });
    }
  }
}

function markDeclared(run: Run, { node }: CompiledFetch, path: Fallback['path']): void {
  mark(run, { path, service: node.service, source: 'declared' });
}

function mark(run: Run, fallback: Fallback): void {
  const { marks } = usedBy(run);
  if (marks.length < run.limits.errorsMax) marks.push(fallback);
}

function usedBy({ shared }: Run): FallbacksUsed {
  return (shared.fallbacks ??= { marks: [], filled: new Map() });
}

/** A change that failed must not look as if it had happened. */
function fallbacksFor(run: Run, { node }: CompiledFetch, code: unknown): Fallbacks | undefined {
  if (!isOutage(code) || node.operationKind !== 'query') return undefined;
  return run.subgraphs.get(node.service)?.fallbacks;
}

/** @returns The response names that have a declared value now, by the names they have in the merged data. */
function fill(
  object: Data,
  node: FetchNode,
  fallbacks: Fallbacks,
  wants: (object: Data, name: string) => boolean,
): Set<string> {
  const values: Data = {};
  const names = new Set<string>();
  for (const selected of selectedBy(node)) {
    const { name, field } = selected;
    const written = finalName(node, name);
    if (names.has(written) || !wants(object, written) || !appliesTo(selected, object, node)) continue;
    const declared = declaredFor(selected, object, fallbacks);
    const value = declared === undefined ? undefined : carried(declared, field.selectionSet);
    if (value === undefined) continue;
    values[name] = value;
    names.add(written);
  }
  if (names.size === 0) return names;
  if (node.outputRewrites.length > 0) applyRewrites(node.outputRewrites, values);
  merge(object, values);
  return names;
}

function isLacking(object: Data, name: string): boolean {
  return (own(object, name) ?? null) === null;
}

/** By the object's own type before the one that the fetch names, which may be an interface. */
function declaredFor({ type, field }: Selected, { __typename }: Data, fallbacks: Fallbacks): unknown {
  for (const name of [__typename, type]) {
    const coordinate = `${String(name)}.${field.name.value}`;
    const declared = own(fallbacks, coordinate);
    if (declared !== undefined) return declared;
  }
  return undefined;
}

// What a fetch selects

/** A field at the position of a fetch. */
interface Selected {
  /** In the answer of the fetch. */
  readonly name: string;
  readonly field: FieldNode;
  readonly type: string;
  /** Under a type condition within the one that the fetch begins with. */
  readonly isNarrowed: boolean;
}

const selectedFields = new WeakMap<FetchNode, readonly Selected[]>();

function selectedBy(node: FetchNode): readonly Selected[] {
  let fields = selectedFields.get(node);
  if (!fields) selectedFields.set(node, (fields = parsedFields(node)));
  return fields;
}

/** Composition names the root types so, whatever subgraphs call theirs. */
const queryType = 'Query';

function parsedFields({ operation, requires }: FetchNode): Selected[] {
  const fields: Selected[] = [];
  for (const definition of parse(operation, { noLocation: true }).definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { selections } = definition.selectionSet;
    if (!requires) collect(selections, [queryType], fields);
    else for (const entities of selections) collect(childrenOf(entities), [], fields);
  }
  return fields;
}

/** @param types Of the type conditions down to here. */
function collect(selections: readonly SelectionNode[], types: readonly string[], into: Selected[]): void {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      const type = types.at(-1);
      const name = selection.alias?.value ?? selection.name.value;
      if (type === undefined || name === '__typename') continue;
      into.push({ name, field: selection, type, isNarrowed: types.length > 1 });
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      const condition = selection.typeCondition?.name.value;
      const within = condition === undefined || condition === types.at(-1) ? types : [...types, condition];
      collect(selection.selectionSet.selections, within, into);
    }
  }
}

function childrenOf(selection: SelectionNode): readonly SelectionNode[] {
  return selection.kind === Kind.FIELD ? (selection.selectionSet?.selections ?? []) : [];
}

/** Whether the fetch asks for the field on an object of this type. */
function appliesTo({ type, isNarrowed }: Selected, { __typename }: Data, node: FetchNode): boolean {
  if (!node.requires || typeof __typename !== 'string' || __typename === type) return true;
  // An interface, or an object that stands for one: its members are those that the fetch is made for.
  if (isNarrowed) return false;
  const isRenamed = node.inputRewrites.some((rewrite) => rewrite.kind === 'set' && rewrite.value === type);
  return node.requires.some(
    (selection) =>
      selection.kind === 'on' &&
      selection.types.includes(__typename) &&
      (isRenamed || selection.types.includes(type)),
  );
}

/** Where the planner invented an alias for it, a rewrite takes it away again. */
export function finalName({ outputRewrites }: FetchNode, name: string): string {
  for (const rewrite of outputRewrites) {
    const keys = rewrite.path.filter((step) => 'key' in step);
    if (rewrite.kind === 'rename' && keys.length === 1 && keys[0]?.key === name) return rewrite.to;
  }
  return name;
}

// What a declared value has to carry

/** The part of `value` that is selected, by response names; undefined where it lacks any of it. */
function carried(value: unknown, selectionSet: SelectionSetNode | undefined): unknown {
  if (!selectionSet || value === null) return copyOf(value);
  if (Array.isArray(value)) {
    const elements = value.map((element: unknown) => carried(element, selectionSet));
    return elements.includes(undefined) ? undefined : elements;
  }
  if (!isRecord(value)) return undefined;
  const part: Data = {};
  return carry(value, selectionSet.selections, part) ? part : undefined;
}

function carry(value: Data, selections: readonly SelectionNode[], into: Data): boolean {
  return selections.every((selection) => {
    if (selection.kind === Kind.FIELD) return carryField(value, selection, into);
    if (selection.kind !== Kind.INLINE_FRAGMENT) return false;
    return carry(value, selection.selectionSet.selections, into) || !isFor(selection, value);
  });
}

function isFor({ typeCondition }: InlineFragmentNode, { __typename }: Data): boolean {
  return typeCondition === undefined || __typename === undefined || __typename === typeCondition.name.value;
}

function carryField(value: Data, { name, alias, selectionSet }: FieldNode, into: Data): boolean {
  if (!Object.hasOwn(value, name.value)) return false;
  const part = carried(value[name.value], selectionSet);
  if (part === undefined) return false;
  const key = alias?.value ?? name.value;
  const present = own(into, key);
  into[key] = present === undefined || present === null ? part : mergeValues(present, part);
  return true;
}

/**
 * Fallback values for a service that is unavailable: the values that its policy declares for fields, and the list of
 * stale answers. Slow path: runs only if a subgraph call failed or its answer is stale.
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
import { responseName } from '../shared/selections.ts';
import { forbidKeeping } from '../sources/headers/answer-header-rules.ts';
import type { Fallbacks } from '../sources/source.ts';
import { positionsOf, type FetchCall } from './fetch-call.ts';
import { copyOf, merge, mergeValues, type Data } from './merge.ts';
import type { Position } from './positions.ts';
import { applyRewrites, finalName } from './rewrites.ts';
import type { FallbacksUsed, Run } from './run.ts';

/** The response names that have a declared value, by object. */
export type DeclaredNames = ReadonlyMap<object, ReadonlySet<string>>;

/**
 * Writes the values that the service's policy declares to each position of a failed call.
 *
 * @returns undefined where no value is declared or the failure is not an outage.
 */
export function applyDeclaredValues(call: FetchCall, code: unknown): DeclaredNames | undefined {
  const fallbacks = fallbacksFor(call, code);
  if (!fallbacks) return undefined;
  const { filled } = fallbacksUsed(call.run);
  const declared: DeclaredFields = { node: call.fetch.node, fallbacks, isWanted: isMissing };
  const namesByObject = new Map<Data, ReadonlySet<string>>();
  for (const { object, path } of positionsOf(call)) {
    let names = namesByObject.get(object);
    if (!names) namesByObject.set(object, (names = applyValues(object, declared)));
    // Another fetch may have written declared values to this object.
    filled.set(object, new Set([...(filled.get(object) ?? []), ...names]));
    for (const name of names) markDeclared(call, [...path, name]);
  }
  return filled;
}

/**
 * The same for one field that a subgraph answered with null because a service behind it is unavailable.
 *
 * @param path Of the error, within each of `positions`.
 * @returns Whether it has a value now.
 */
export function applyDeclaredValue(call: FetchCall, { code, path, positions }: FailedField): boolean {
  const [answered] = path;
  if (path.length !== 1 || typeof answered !== 'string') return false;
  const name = finalName(call.fetch.node, answered);
  const fallbacks = fallbacksFor(call, code);
  if (!fallbacks) return false;
  const nulled = positions.filter(({ object }) => own(object, name) === null);
  const objects = new Set(nulled.map(({ object }) => object));
  const declared: DeclaredFields = {
    node: call.fetch.node,
    fallbacks,
    isWanted: (_, candidate) => candidate === name,
  };
  for (const object of objects) {
    const names = applyValues(object, declared);
    if (!names.has(name)) return false;
  }
  for (const position of nulled) markDeclared(call, [...position.path, name]);
  return nulled.length > 0;
}

export interface FailedField {
  readonly code: unknown;
  readonly path: ReadonlyArray<string | number>;
  readonly positions: readonly Position[];
}

/** Lists the fields that the call wrote as stale fallbacks. */
export function markStale(call: FetchCall, ageMs: number): void {
  const { node } = call.fetch;
  for (const { object, path } of positionsOf(call)) {
    for (const name of node.writes) {
      const written = finalName(node, name);
      if (own(object, written) === undefined) continue;
      mark(call.run, { path: [...path, written], service: node.service, source: 'stale', ageMs });
    }
  }
}

function markDeclared({ run, fetch }: FetchCall, path: Fallback['path']): void {
  mark(run, { path, service: fetch.node.service, source: 'declared' });
}

function mark(run: Run, fallback: Fallback): void {
  const { marks } = fallbacksUsed(run);
  if (marks.length < run.limits.errorsMax) marks.push(fallback);
}

function fallbacksUsed({ state, context }: Run): FallbacksUsed {
  // Also where the client sees none of them: other fields may be computed from them.
  forbidKeeping(context);
  return (state.fallbacks ??= { marks: [], filled: new Map() });
}

/** No fallbacks for mutations: a failed change must not look as if it had succeeded. */
function fallbacksFor({ run, fetch }: FetchCall, code: unknown): Fallbacks | undefined {
  if (!isOutage(code) || fetch.node.operationKind !== 'query') return undefined;
  return run.subgraphs.get(fetch.node.service)?.fallbacks;
}

interface DeclaredFields {
  readonly node: FetchNode;
  readonly fallbacks: Fallbacks;
  /** Whether to write the field of this response name, as in the merged data. */
  readonly isWanted: (object: Data, name: string) => boolean;
}

/** @returns The response names, as in the merged data, that have a declared value now. */
function applyValues(object: Data, { node, fallbacks, isWanted }: DeclaredFields): Set<string> {
  const values: Data = {};
  const names = new Set<string>();
  for (const selected of selectedBy(node)) {
    const { name, field } = selected;
    const written = finalName(node, name);
    if (names.has(written) || !isWanted(object, written) || !appliesTo(selected, object, node)) continue;
    const declared = declaredFor(selected, object, fallbacks);
    const value = declared === undefined ? undefined : selectValue(declared, field.selectionSet);
    if (value === undefined) continue;
    values[name] = value;
    names.add(written);
  }
  if (names.size === 0) return names;
  if (node.outputRewrites.length > 0) applyRewrites(node.outputRewrites, values);
  merge(object, values);
  return names;
}

function isMissing(object: Data, name: string): boolean {
  return (own(object, name) ?? null) === null;
}

/** The declaration for the object's runtime type has precedence over that for the type in the fetch, maybe an interface. */
function declaredFor({ type, field }: SelectedField, { __typename }: Data, fallbacks: Fallbacks): unknown {
  for (const name of [__typename, type]) {
    const coordinate = `${String(name)}.${field.name.value}`;
    const declared = own(fallbacks, coordinate);
    if (declared !== undefined) return declared;
  }
  return undefined;
}

// Fields that a fetch selects

/** A field at the position of a fetch. */
interface SelectedField {
  /** Response name in the fetch. */
  readonly name: string;
  readonly field: FieldNode;
  readonly type: string;
  /** Under a further type condition within the outermost one. */
  readonly isNarrowed: boolean;
}

const selectedFields = new WeakMap<FetchNode, readonly SelectedField[]>();

function selectedBy(node: FetchNode): readonly SelectedField[] {
  let fields = selectedFields.get(node);
  if (!fields) selectedFields.set(node, (fields = parsedFields(node)));
  return fields;
}

/** Composition gives the root types these names, whatever their names in subgraphs. */
const queryType = 'Query';

function parsedFields({ operation, requires }: FetchNode): SelectedField[] {
  const fields: SelectedField[] = [];
  for (const definition of parse(operation, { noLocation: true }).definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { selections } = definition.selectionSet;
    if (!requires) collect(selections, [queryType], fields);
    else for (const entities of selections) collect(childrenOf(entities), [], fields);
  }
  return fields;
}

/** @param types Enclosing type conditions, outermost first. */
function collect(
  selections: readonly SelectionNode[],
  types: readonly string[],
  target: SelectedField[],
): void {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      const type = types.at(-1);
      const name = responseName(selection);
      if (type === undefined || name === '__typename') continue;
      target.push({ name, field: selection, type, isNarrowed: types.length > 1 });
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      const condition = selection.typeCondition?.name.value;
      const innerTypes =
        condition === undefined || condition === types.at(-1) ? types : [...types, condition];
      collect(selection.selectionSet.selections, innerTypes, target);
    }
  }
}

function childrenOf(selection: SelectionNode): readonly SelectionNode[] {
  return selection.kind === Kind.FIELD ? (selection.selectionSet?.selections ?? []) : [];
}

/** Whether the fetch selects the field on an object of this type. */
function appliesTo({ type, isNarrowed }: SelectedField, { __typename }: Data, node: FetchNode): boolean {
  if (!node.requires || typeof __typename !== 'string' || __typename === type) return true;
  // An interface or an interface object: applies to the types that the fetch requires.
  if (isNarrowed) return false;
  const isRenamed = node.inputRewrites.some((rewrite) => rewrite.kind === 'set' && rewrite.value === type);
  return node.requires.some(
    (selection) =>
      selection.kind === 'on' &&
      selection.types.includes(__typename) &&
      (isRenamed || selection.types.includes(type)),
  );
}

// Selections of declared values

/** The selected part of `value`, by response names; undefined if a selected field is missing. */
function selectValue(value: unknown, selectionSet: SelectionSetNode | undefined): unknown {
  if (!selectionSet || value === null) return copyOf(value);
  if (Array.isArray(value)) {
    const elements = value.map((element: unknown) => selectValue(element, selectionSet));
    return elements.includes(undefined) ? undefined : elements;
  }
  if (!isRecord(value)) return undefined;
  const part: Data = {};
  return selectInto(value, selectionSet.selections, part) ? part : undefined;
}

function selectInto(value: Data, selections: readonly SelectionNode[], target: Data): boolean {
  return selections.every((selection) => {
    if (selection.kind === Kind.FIELD) return selectFieldInto(value, selection, target);
    if (selection.kind !== Kind.INLINE_FRAGMENT) return false;
    return (
      selectInto(value, selection.selectionSet.selections, target) || !matchesTypeCondition(selection, value)
    );
  });
}

function matchesTypeCondition({ typeCondition }: InlineFragmentNode, { __typename }: Data): boolean {
  return typeCondition === undefined || __typename === undefined || __typename === typeCondition.name.value;
}

function selectFieldInto(value: Data, { name, alias, selectionSet }: FieldNode, target: Data): boolean {
  if (!Object.hasOwn(value, name.value)) return false;
  const part = selectValue(value[name.value], selectionSet);
  if (part === undefined) return false;
  const key = alias?.value ?? name.value;
  const existing = own(target, key);
  target[key] = existing === undefined || existing === null ? part : mergeValues(existing, part);
  return true;
}

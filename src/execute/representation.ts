/**
 * Builds the representation of an entity as JSON text from the merged data. Compiled once per fetch. Objects with the same
 * text are the same entity.
 */

import type { DataRewrite, RequiredSelection } from '../pipeline/prepared.ts';
import { isRecord, own } from '../shared/records.ts';
import { merge, type Data } from './merge.ts';
import { generateRepresentation, type BuildRepresentation } from './representation-code.ts';
import { applyRewrites } from './rewrites.ts';

type Select = (source: Data) => Data | null;

export function compileRepresentation(
  requires: readonly RequiredSelection[],
  rewrites: readonly DataRewrite[],
): BuildRepresentation {
  const generated = rewrites.length === 0 ? generateRepresentation(requires) : null;
  return generated ?? referenceRepresentation(requires, rewrites);
}

export function referenceRepresentation(
  requires: readonly RequiredSelection[],
  rewrites: readonly DataRewrite[],
): BuildRepresentation {
  const select = compileSelections(requires);
  return (object) => {
    const representation = select(object);
    if (representation?.__typename === undefined) return null;
    if (rewrites.length > 0) applyRewrites(rewrites, representation);
    return JSON.stringify(representation);
  };
}

function compileSelections(selections: readonly RequiredSelection[]): Select {
  const selectors = selections.map(compileSelection);
  return (source) => {
    const result: Data = {};
    for (const selectInto of selectors) if (!selectInto(source, result)) return null;
    return result;
  };
}

/** @returns Whether the selection could be satisfied. */
type SelectInto = (source: Data, target: Data) => boolean;

function compileSelection(selection: RequiredSelection): SelectInto {
  if (selection.kind === 'on') {
    const types = new Set(selection.types);
    const select = compileSelections(selection.selections);
    return (source, target) => {
      if (!types.has(String(source.__typename))) return true;
      const selected = select(source);
      if (selected) merge(target, selected);
      return true;
    };
  }
  const { name } = selection;
  if (!selection.selections) {
    return (source, target) => {
      const value = own(source, name);
      if (value === undefined) return false;
      target[name] = value;
      return true;
    };
  }
  const select = compileSelections(selection.selections);
  return (source, target) => {
    const value = own(source, name);
    if (value === undefined) return false;
    target[name] = selectFrom(value, select);
    return true;
  };
}

function selectFrom(value: unknown, select: Select): unknown {
  if (Array.isArray(value)) return value.map((element) => selectFrom(element, select));
  return isRecord(value) ? select(value) : null;
}

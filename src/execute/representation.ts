/**
 * Builds the representation of an entity as JSON text from the merged data. Compiled once per fetch. Objects with the same
 * text are the same entity.
 */

import type { DataRewrite, RequiredSelection } from '../pipeline/prepared.ts';
import { isRecord, own } from '../shared/records.ts';
import { hasFailed } from './failed-fields.ts';
import { merge, type Data } from './merge.ts';
import { generateRepresentation, mapAll, type BuildRepresentation } from './representation-code.ts';
import { applyRewrites } from './rewrites.ts';

/** @returns null where a field is missing; undefined where it is missing because a fetch failed. */
type Select = (source: Data) => Data | null | undefined;

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
  const selectors = requires.map(compileSelection);
  return (object) => {
    const representation: Data = {};
    let hasFailure = false;
    for (const selectInto of selectors) {
      const outcome = selectInto(object, representation);
      if (outcome === 'missing') return null;
      // One type of several may be asked for what the others lack.
      if (outcome === 'failed') hasFailure = true;
    }
    if (representation.__typename === undefined) return hasFailure ? undefined : null;
    if (rewrites.length > 0) applyRewrites(rewrites, representation);
    return JSON.stringify(representation);
  };
}

function compileSelections(selections: readonly RequiredSelection[]): Select {
  const selectors = selections.map(compileSelection);
  return (source) => {
    const result: Data = {};
    for (const selectInto of selectors) {
      const outcome = selectInto(source, result);
      if (outcome !== 'selected') return outcome === 'missing' ? null : undefined;
    }
    return result;
  };
}

type SelectInto = (source: Data, target: Data) => 'selected' | 'missing' | 'failed';

function compileSelection(selection: RequiredSelection): SelectInto {
  if (selection.kind === 'on') {
    const types = new Set(selection.types);
    const select = compileSelections(selection.selections);
    return (source, target) => {
      if (!types.has(String(source.__typename))) return 'selected';
      const selected = select(source);
      if (selected) merge(target, selected);
      return selected === undefined ? 'failed' : 'selected';
    };
  }
  const { name } = selection;
  const select = selection.selections && compileSelections(selection.selections);
  return (source, target) => {
    const value = own(source, name);
    if (value === undefined) return hasFailed(source, name) ? 'failed' : 'missing';
    const selected = select ? selectFrom(value, select) : value;
    if (selected === undefined) return 'failed';
    target[name] = selected;
    return 'selected';
  };
}

function selectFrom(value: unknown, select: Select): unknown {
  if (Array.isArray(value)) return mapAll(value, (element) => selectFrom(element, select));
  return isRecord(value) ? select(value) : null;
}

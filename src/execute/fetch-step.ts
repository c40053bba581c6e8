/**
 * One fetch of a plan as a step: sends it and merges its result.
 *
 * Positions with the same representation share the nested objects of their entity: later steps reach those positions by
 * the same path, so they write the same values there. In a plan with contexts they may not, and each position gets a copy
 * (`unshared`).
 */

import type { FetchNode, PathStep } from '../pipeline/prepared.ts';
import { compileContextGroups } from './context-groups.ts';
import { compileGrouping, isList, type Entities, type Targets } from './entities.ts';
import type { EntityConsumer, EntityError } from './entity-loader.ts';
import { markStale } from './fallbacks.ts';
import { markFailed } from './failed-fields.ts';
import type { FetchCall } from './fetch-call.ts';
import {
  explainFailure,
  reportEntityErrors,
  reportFailure,
  reportRefusal,
  reportRootErrors,
} from './fetch-reports.ts';
import { send, toCompiledFetch, type CompiledFetch, type Step } from './fetch.ts';
import { copyOf, noSuchObject, type Data } from './merge.ts';
import { applyRewrites } from './rewrites.ts';
import { variablesText, type FetchInputs, type Run } from './run.ts';
import type { StepCode } from './step-code.ts';
import { forgetLoadedValues } from '../shared/loaded-values.ts';
import { isRecord } from '../shared/records.ts';
import { within, type RecordedSpan } from '../shared/trace.ts';

export function compileFetch(node: FetchNode, path: readonly PathStep[], code: StepCode): Step {
  const fetch = toCompiledFetch(node, path);
  const step = node.requires ? entityStep(fetch, code) : rootStep(fetch, code);
  const spanOptions = {
    attributes: {
      'tributary.service': node.service,
      'tributary.fetch.kind': node.requires ? 'entities' : node.operationKind,
    },
  };
  return (run) => {
    const refusal = run.refused?.get(node.service);
    if (refusal) {
      reportRefusal({ run, fetch }, refusal);
      return undefined;
    }
    const parent = run.context.trace.span;
    return parent ? recordedStep(step, run, parent.begin(`fetch ${node.service}`, spanOptions)) : step(run);
  };
}

/** Steps run beside each other, so each of them sees a request of its own. */
function recordedStep(step: Step, run: Run, span: RecordedSpan): Promise<void> | undefined {
  const done = step({ ...run, context: within(run.context, span) });
  if (done) return done.finally(() => span.end());
  // There was no object to fetch for.
  span.set('tributary.fetch.skipped', true);
  span.end();
  return undefined;
}

function rootStep(fetch: CompiledFetch, code: StepCode): Step {
  const { node, path } = fetch;
  const findObjects = code.positions(path);
  const mergeInto = compileMergeIntoAll(node, code);
  const markAllFailed = (objects: readonly Data[]): void => {
    for (const object of objects) markFailed(object, fetch.writes);
  };
  return (run) => {
    const targets = findObjects(run.data);
    if (targets.length === 0) return undefined;
    if (node.operationKind === 'mutation') {
      run.state.entities.clear();
      forgetLoadedValues(run.context.locals);
    }
    return send(run, fetch, noInputs)
      .then((response) => {
        if (isRecord(response.data)) {
          const data = response.shared ? copyOf(response.data) : response.data;
          if (node.outputRewrites.length > 0) applyRewrites(node.outputRewrites, data);
          mergeInto(targets, data);
        }
        if (response.stale) markStale({ run, fetch }, response.stale.ageMs);
        if (!response.data) markAllFailed(targets);
        if (response.errors || !response.data) reportRootErrors({ run, fetch }, response);
      })
      .catch((error: unknown) => {
        markAllFailed(targets);
        reportFailure({ run, fetch }, error);
      });
  };
}

function entityStep(fetch: CompiledFetch, code: StepCode): Step {
  const { node, path } = fetch;
  const load = compileEntityLoad(fetch, code);
  if (node.contexts) {
    const group = compileContextGroups(node.contexts, path, (object) => markFailed(object, fetch.writes));
    return (run) => {
      const loads: Array<Promise<void>> = [];
      for (const [context, objects] of group(run.data)) {
        const loaded = load(run, objects, context);
        if (loaded) loads.push(loaded);
      }
      return loads.length > 1 ? Promise.all(loads).then(() => {}) : loads[0];
    };
  }
  const findObjects = code.positions(path);
  return (run) => load(run, findObjects(run.data));
}

const noInputs: FetchInputs = { representations: null, context: '' };

/** Fetches the entities at these objects. */
type EntityLoad = (run: Run, objects: readonly Data[], context?: string) => Promise<void> | undefined;

function compileEntityLoad(fetch: CompiledFetch, code: StepCode): EntityLoad {
  const { node, path, key } = fetch;
  const { requires, inputRewrites } = node;
  const groupByEntity = compileGrouping(
    code.representation(requires ?? [], inputRewrites),
    inputRewrites.length === 0 ? code.identity(requires ?? []) : null,
    (object) => markFailed(object, fetch.writes),
  );
  const mergeInto = compileMergeIntoAll(node, code);
  /** Compiled on first use: most are never needed. */
  let partialLoads: readonly EntityLoad[] | undefined;
  const loadPartially: EntityLoad = (run, objects, context) => {
    partialLoads ??= node.partialFetches.map((part) => compileEntityLoad(toCompiledFetch(part, path), code));
    const loads = partialLoads
      .map((load) => load(run, objects, context))
      .filter((load) => load !== undefined);
    return loads.length === 0 ? undefined : Promise.all(loads).then(() => {});
  };
  return (run, objects, context = '') => {
    const incomplete: Data[] | undefined = node.partialFetches.length > 0 ? [] : undefined;
    const entities = groupByEntity(objects, incomplete);
    const partialLoad =
      incomplete && incomplete.length > 0 ? loadPartially(run, incomplete, context) : undefined;
    if (entities.texts.length === 0) return partialLoad;
    const loadKey =
      node.variables.length === 0 && context === ''
        ? key
        : `${key}\0${variablesText(run, node.variables, { representations: null, context })}`;
    const loaded = run.state.entities.load(
      loadKey,
      new EntityFetch({ run, fetch, entities, mergeInto }),
      (representations) => send(run, fetch, { representations, context }),
    );
    return partialLoad ? Promise.all([loaded, partialLoad]).then(() => {}) : loaded;
  };
}

/** Merges an object of an answer into each of its targets. */
type MergeIntoAll = (targets: Targets, data: Data) => void;

function compileMergeIntoAll(node: FetchNode, code: StepCode): MergeIntoAll {
  const { unshared } = node;
  const mergeInto = code.merge(mergedNames(node));
  return (targets, data) => {
    if (!isList(targets)) {
      mergeInto(targets, data);
      return;
    }
    for (let i = 0; i < targets.length; i += 1) {
      mergeInto(targets[i] as Data, unshared && i > 0 ? copyOf(data) : data);
    }
  };
}

/** The response names that a fetch writes, after rewrites. */
function mergedNames({ writes, outputRewrites }: FetchNode): string[] {
  const rewritten = outputRewrites.map((rewrite) => {
    const last = rewrite.path.at(-1);
    return rewrite.kind === 'rename' ? rewrite.to : last && 'key' in last ? last.key : '__typename';
  });
  return [...new Set([...writes, ...rewritten])].filter((name) => name !== '__typename');
}

interface EntityFetchInput {
  readonly run: Run;
  readonly fetch: CompiledFetch;
  readonly entities: Entities;
  readonly mergeInto: MergeIntoAll;
}

class EntityFetch implements EntityConsumer {
  readonly #run: Run;
  readonly #fetch: CompiledFetch;
  readonly #mergeInto: MergeIntoAll;
  readonly entities: Entities;
  readonly isRepeated: boolean;

  constructor({ run, fetch, entities, mergeInto }: EntityFetchInput) {
    this.#run = run;
    this.#fetch = fetch;
    this.#mergeInto = mergeInto;
    this.entities = entities;
    this.isRepeated = fetch.node.repeated === true;
  }

  take(index: number, entity: Data): void {
    const { interfaceObjectTypes, node } = this.#fetch;
    if (node.outputRewrites.length > 0) applyRewrites(node.outputRewrites, entity);
    if (interfaceObjectTypes !== null && interfaceObjectTypes.has(entity.__typename as string))
      entity.__typename = undefined;
    this.#mergeInto(this.entities.targets[index] as Targets, entity);
  }

  miss(index: number): void {
    const { resolvesTypes } = this.#fetch.node;
    if (resolvesTypes.length === 0) return;
    // The subgraph that resolves the runtime types of an interface does not have this object: it does not exist.
    for (const object of this.#objectsOf(index)) {
      if (resolvesTypes.includes(object.__typename as string)) object.__typename = noSuchObject;
    }
  }

  report(errors: readonly EntityError[], indexes: readonly number[]): void {
    // A field with an error of its own is null, or its object is.
    const failed = errors.map(({ index }) => index);
    this.#markFailed(failed.includes(undefined) ? indexes : failed.filter((index) => index !== undefined));
    const located = errors.map(({ error, index, path }) => ({
      error,
      path,
      objects: index === undefined ? undefined : this.#objectsOf(index),
    }));
    reportEntityErrors(this.#callFor(indexes), located);
  }

  markStale(ageMs: number, indexes: readonly number[]): void {
    markStale(this.#callFor(indexes), ageMs);
  }

  fail(error: unknown, indexes: readonly number[]): void {
    this.#markFailed(indexes);
    const call = this.#callFor(indexes);
    if (error === undefined) explainFailure(call);
    else reportFailure(call, error);
  }

  #markFailed(indexes: readonly number[]): void {
    const { writes } = this.#fetch;
    for (const index of indexes) for (const object of this.#objectsOf(index)) markFailed(object, writes);
  }

  #callFor(indexes: readonly number[]): FetchCall {
    const objects = new Set(indexes.flatMap((index) => this.#objectsOf(index)));
    return { run: this.#run, fetch: this.#fetch, objects };
  }

  #objectsOf(index: number): readonly Data[] {
    const targets = this.entities.targets[index];
    if (targets === undefined) return [];
    return isList(targets) ? targets : [targets as Data];
  }
}

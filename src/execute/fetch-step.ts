/**
 * One fetch of a plan as a step: what it asks for, and where its answer goes.
 *
 * Positions with the same representation share the nested objects of its entity: later steps of the plan reach those
 * positions by the same path, so they treat them alike, and what they write there is the same for each. Where a plan has
 * contexts that does not hold, and each position gets a copy (`unshared`).
 */

import type { FetchNode, PathStep } from '../pipeline/prepared.ts';
import { compileContextGroups } from './context-groups.ts';
import type { EntityConsumer, EntityError } from './entity-loader.ts';
import { markStale } from './fallbacks.ts';
import { explainFailure, reportEntityErrors, reportFailure, reportRootErrors } from './fetch-reports.ts';
import { send, toCompiledFetch, type CompiledFetch, type Step } from './fetch.ts';
import { compileMerge, type Merge } from './merge-code.ts';
import { copyOf, noSuchObject, type Data } from './merge.ts';
import { compilePositions } from './positions-code.ts';
import { generateIdentity, type Identify } from './representation-code.ts';
import { compileRepresentation } from './representation.ts';
import type { BuildRepresentation } from './representation-code.ts';
import { applyRewrites } from './rewrites.ts';
import { variablesText, type Run } from './run.ts';
import { isRecord } from '../shared/records.ts';

export function compileFetch(node: FetchNode, path: readonly PathStep[]): Step {
  const fetch = toCompiledFetch(node, path);
  return node.requires ? entityStep(fetch) : rootStep(fetch);
}

function rootStep(fetch: CompiledFetch): Step {
  const { node, path } = fetch;
  const find = compilePositions(path);
  const mergeInto = compileMerge(mergedNames(node));
  return (run) => {
    const targets = find(run.data);
    if (targets.length === 0) return undefined;
    if (node.operationKind === 'mutation') run.shared.entities.forget();
    return send(run, fetch, null)
      .then((response) => {
        if (isRecord(response.data)) {
          const data = response.shared ? copyOf(response.data) : response.data;
          if (node.outputRewrites.length > 0) applyRewrites(node.outputRewrites, data);
          mergeAll(node, mergeInto, targets, data);
        }
        if (response.stale) markStale(run, fetch, response.stale.ageMs);
        if (response.errors || !response.data) reportRootErrors(run, fetch, response);
      })
      .catch((error: unknown) => reportFailure(run, fetch, error));
  };
}

function entityStep(fetch: CompiledFetch): Step {
  const { node, path } = fetch;
  const load = compileEntityLoad(fetch);
  if (node.contexts) {
    const group = compileContextGroups(node.contexts, path);
    return (run) => {
      const loads: Array<Promise<void>> = [];
      for (const [context, objects] of group(run.data)) {
        const loaded = load(run, objects, context);
        if (loaded) loads.push(loaded);
      }
      return loads.length > 1 ? Promise.all(loads).then(() => {}) : loads[0];
    };
  }
  const find = compilePositions(path);
  return (run) => load(run, find(run.data));
}

/** Fetches the entities that these objects stand for. */
type EntityLoad = (run: Run, objects: readonly Data[], context?: string) => Promise<void> | undefined;

function compileEntityLoad(fetch: CompiledFetch): EntityLoad {
  const { node, path, key } = fetch;
  const grouping: Grouping = {
    represent: compileRepresentation(node.requires ?? [], node.inputRewrites),
    identify: node.inputRewrites.length === 0 ? generateIdentity(node.requires ?? []) : null,
  };
  const mergeInto = compileMerge(mergedNames(node));
  /** Most of them are never needed. */
  let fallbacks: readonly EntityLoad[] | undefined;
  const loadParts: EntityLoad = (run, objects, context) => {
    fallbacks ??= node.fallbacks.map((part) => compileEntityLoad(toCompiledFetch(part, path)));
    const loads = fallbacks.map((load) => load(run, objects, context)).filter((load) => load !== undefined);
    return loads.length === 0 ? undefined : Promise.all(loads).then(() => {});
  };
  return (run, objects, context = '') => {
    const lacking: Data[] | undefined = node.fallbacks.length > 0 ? [] : undefined;
    const targets = targetsOf(objects, grouping, lacking);
    const fallback = lacking && lacking.length > 0 ? loadParts(run, lacking, context) : undefined;
    if (targets.size === 0) return fallback;
    const loadKey =
      node.variables.length === 0 && context === ''
        ? key
        : `${key}\0${variablesText(run, node.variables, null, context)}`;
    const loaded = run.shared.entities.load(
      loadKey,
      new EntityFetch(run, fetch, targets, mergeInto),
      (representations) => send(run, fetch, representations, context),
    );
    return fallback ? Promise.all([loaded, fallback]).then(() => {}) : loaded;
  };
}

/** How the objects of a fetch become entities. */
interface Grouping {
  readonly represent: BuildRepresentation;
  readonly identify: Identify | null;
}

/**
 * The objects that each entity goes to, by its representation.
 *
 * @param lacking Takes those that have none.
 */
function targetsOf(
  objects: readonly Data[],
  { represent, identify }: Grouping,
  lacking: Data[] | undefined,
): Map<string, Data[]> {
  const targets = new Map<string, Data[]>();
  const known = new Map<unknown, Data[]>();
  for (const object of objects) {
    const identity = identify?.(object);
    const alike = identity === undefined ? undefined : known.get(identity);
    if (alike) {
      alike.push(object);
      continue;
    }
    const text = represent(object);
    if (text === null) {
      lacking?.push(object);
      continue;
    }
    let same = targets.get(text);
    if (same) same.push(object);
    else targets.set(text, (same = [object]));
    if (identity !== undefined) known.set(identity, same);
  }
  return targets;
}

function mergeAll({ unshared }: FetchNode, mergeInto: Merge, targets: readonly Data[], data: Data): void {
  for (let i = 0; i < targets.length; i += 1) {
    mergeInto(targets[i] as Data, unshared && i > 0 ? copyOf(data) : data);
  }
}

/** What a fetch writes, after rewrites gave some of it another name. */
function mergedNames({ writes, outputRewrites }: FetchNode): string[] {
  const rewritten = outputRewrites.map((rewrite) => {
    const last = rewrite.path.at(-1);
    return rewrite.kind === 'rename' ? rewrite.to : last && 'key' in last ? last.key : '__typename';
  });
  return [...new Set([...writes, ...rewritten])].filter((name) => name !== '__typename');
}

class EntityFetch implements EntityConsumer {
  readonly #run: Run;
  readonly #fetch: CompiledFetch;
  readonly #merge: Merge;
  readonly targets: ReadonlyMap<string, readonly Data[]>;

  constructor(
    run: Run,
    fetch: CompiledFetch,
    targets: ReadonlyMap<string, readonly Data[]>,
    mergeInto: Merge,
  ) {
    this.#merge = mergeInto;
    this.#run = run;
    this.#fetch = fetch;
    this.targets = targets;
  }

  take(targets: readonly Data[], entity: Data): void {
    const { givenType, node } = this.#fetch;
    if (node.outputRewrites.length > 0) applyRewrites(node.outputRewrites, entity);
    if (givenType !== null && entity.__typename === givenType) entity.__typename = undefined;
    mergeAll(node, this.#merge, targets, entity);
  }

  miss(targets: readonly Data[]): void {
    const { resolvesTypes } = this.#fetch.node;
    if (resolvesTypes.length === 0) return;
    // The subgraph that knows the runtime types of an interface knows no such object: then there is none.
    for (const target of targets) {
      if (resolvesTypes.includes(target.__typename as string)) target.__typename = noSuchObject;
    }
  }

  report(errors: readonly EntityError[], texts: readonly string[]): void {
    reportEntityErrors(this.#run, this.#fetch, errors, this.#objectsOf(texts));
  }

  markStale(ageMs: number, texts: readonly string[]): void {
    markStale(this.#run, this.#fetch, ageMs, this.#objectsOf(texts));
  }

  fail(error: unknown, texts: readonly string[]): void {
    // A fetch may have several calls, and the others may have answered.
    const objects = this.#objectsOf(texts);
    if (error === undefined) explainFailure(this.#run, this.#fetch, objects);
    else reportFailure(this.#run, this.#fetch, error, objects);
  }

  #objectsOf(texts: readonly string[]): Set<Data> {
    return new Set(texts.flatMap((text) => this.targets.get(text) ?? []));
  }
}

/**
 * Labels of `@override(label:)`: which a supergraph has, and which are active for a request. An active label moves its
 * fields to the new subgraph; a label without a setting is inactive.
 */

import { createHash } from 'node:crypto';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { loadUserModule } from '../config/user-module.ts';
import type { GraphInputs } from '../pipeline/answer-inputs.ts';
import type { RequestContext } from '../pipeline/request.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';
import { notPromised } from '../shared/promises.ts';

/** The setting of a label in gateway.yaml: active, inactive, or active for this percentage of requests. */
export type LabelSettings = Readonly<Record<string, boolean | number>>;

/**
 * The export `labels` of a labels module: returns those of `names` that are active for a request. Called for each request,
 * so it is synchronous; names that it does not return are inactive.
 */
export type ResolveLabels = (request: RequestContext, names: readonly string[]) => Iterable<string>;

export interface OverrideLabels {
  /** All labels of the supergraph. */
  readonly names: readonly string[];
  /** Whether the active labels differ between requests. */
  readonly dependOnRequest: boolean;
  /**
   * The labels that are active for a request, in the order of `names`, computed once per request. The same request id
   * always gets the same labels.
   */
  readonly activeFor: (request: RequestContext) => readonly string[];
}

/** Creates the labels of a supergraph that has these names. */
export type LabelsOf = (names: readonly string[]) => OverrideLabels | undefined;

/** @throws {GatewayError} `CONFIG_INVALID` where the labels module cannot be used. */
export async function openLabels(
  { labels, labelsModule }: Pick<GatewayConfig, 'labels' | 'labelsModule'>,
  events: Events,
): Promise<LabelsOf> {
  if (labelsModule === undefined) return (names) => overrideLabels(names, labels);
  const resolve = await loadResolver(labelsModule);
  const resolveOrNone: ResolveLabels = (request, unconfigured) => {
    try {
      return new Set(notPromised(resolve(request, unconfigured)));
    } catch (error) {
      events.emit('defect', { where: 'labels module', requestId: request.requestId, error });
      return [];
    }
  };
  return (names) => overrideLabels(names, labels, resolveOrNone);
}

/**
 * @param resolve Decides the labels that neither `settings` nor their own name (`percent(n)`) decides.
 * @returns undefined where the supergraph has none, so that requests spend no time on labels.
 */
export function overrideLabels(
  names: readonly string[],
  settings: LabelSettings,
  resolve?: ResolveLabels,
): OverrideLabels | undefined {
  if (names.length === 0) return undefined;
  const shares = names.map((label) => ({ label, percent: percentOf(label, settings) }));
  const unconfigured = shares.flatMap(({ label, percent }) => (percent === undefined ? [label] : []));
  const findActive = (request: RequestContext): readonly string[] => {
    const resolved = resolve && unconfigured.length > 0 ? new Set(resolve(request, unconfigured)) : undefined;
    return names.filter((label, index) => {
      const percent = shares[index]?.percent;
      return percent === undefined ? resolved?.has(label) : isActive(label, percent, request.requestId);
    });
  };
  const labels: OverrideLabels = {
    names,
    dependOnRequest: shares.some(({ percent }) =>
      percent === undefined ? resolve !== undefined : percent > 0 && percent < 100,
    ),
    activeFor(request) {
      const { locals } = request;
      let active = locals.get(labels) as readonly string[] | undefined;
      if (!active) locals.set(labels, (active = findActive(request)));
      return active;
    },
  };
  return labels;
}

let graphs = 0;

export function graphInputs(labels: OverrideLabels | undefined, hasResolvers: boolean): GraphInputs {
  graphs += 1;
  return {
    number: graphs,
    labelsOf: (context) => labels?.activeFor(context) ?? [],
    hasOpenLabels: labels?.dependOnRequest ?? false,
    hasResolvers,
  };
}

async function loadResolver(path: string): Promise<ResolveLabels> {
  const invalid = (reason: string, cause?: unknown): GatewayError =>
    new GatewayError('CONFIG_INVALID', `labelsModule ${path}: ${reason}`, { cause });
  const { labels } = await loadUserModule(path).catch((error: Error) => {
    throw invalid(`it ${error.message}`, error.cause);
  });
  if (typeof labels === 'function') return labels as ResolveLabels;
  throw invalid('it must export "labels": a function (request, names) that returns the active names');
}

/** The configuration takes precedence over `percent(n)` in the label. Undefined: neither is there. */
function percentOf(label: string, settings: LabelSettings): number | undefined {
  const setting = Object.hasOwn(settings, label) ? settings[label] : undefined;
  if (typeof setting === 'number') return setting;
  if (setting !== undefined) return setting ? 100 : 0;
  const percentInLabel = /^percent\(([\d.]+)\)$/.exec(label)?.[1];
  return percentInLabel === undefined ? undefined : Number(percentInLabel);
}

function isActive(label: string, percent: number, requestId: string): boolean {
  if (percent <= 0 || percent >= 100) return percent > 0;
  // The hash includes the label, because two labels of 50 percent must be independent of each other.
  const hash = createHash('sha1').update(`${label}\0${requestId}`).digest().readUInt32BE(0);
  return (hash / 2 ** 32) * 100 < percent;
}

/**
 * Labels of `@override(label:)`: which a supergraph has, and which hold for a request. A label that holds moves its
 * fields to the new subgraph; one that nobody speaks for does not.
 */

import { createHash } from 'node:crypto';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { loadUserModule } from '../config/user-module.ts';
import type { GraphInputs } from '../pipeline/answer-inputs.ts';
import type { RequestContext } from '../pipeline/request.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';

/** What gateway.yaml says of a label: yes, no, or for this percentage of requests. */
export type LabelSettings = Readonly<Record<string, boolean | number>>;

/**
 * What a module of labels exports as `labels`: which of these names hold for a request. It is asked for each request,
 * so it answers at once; names it does not return do not hold.
 */
export type ResolveLabels = (request: RequestContext, names: readonly string[]) => Iterable<string>;

export interface OverrideLabels {
  /** All labels of the supergraph. */
  readonly names: readonly string[];
  /** Whether it depends on the request which of them hold. */
  readonly areOpen: boolean;
  /**
   * Those that hold for a request, in the order of `names`: found out once for each. The same request id always gets
   * the same answer.
   */
  readonly activeFor: (request: RequestContext) => readonly string[];
}

/** The labels that a supergraph of these names has. */
export type LabelsOf = (names: readonly string[]) => OverrideLabels | undefined;

/** @throws {GatewayError} `CONFIG_INVALID` where the module of labels cannot be used. */
export async function openLabels(
  { labels, labelsModule }: Pick<GatewayConfig, 'labels' | 'labelsModule'>,
  events: Events,
): Promise<LabelsOf> {
  if (labelsModule === undefined) return (names) => overrideLabels(names, labels);
  const resolve = await loadResolver(labelsModule);
  const resolveOrNone: ResolveLabels = (request, asked) => {
    try {
      return new Set(resolve(request, asked));
    } catch (error) {
      events.emit('defect', { where: 'labels module', requestId: request.requestId, error });
      return [];
    }
  };
  return (names) => overrideLabels(names, labels, resolveOrNone);
}

/**
 * @param resolve Speaks for the labels of which neither `settings` nor the label itself says anything.
 * @returns undefined where the supergraph has none: nothing is spent on labels then.
 */
export function overrideLabels(
  names: readonly string[],
  settings: LabelSettings,
  resolve?: ResolveLabels,
): OverrideLabels | undefined {
  if (names.length === 0) return undefined;
  const shares = names.map((label) => ({ label, percent: percentOf(label, settings) }));
  const open = shares.flatMap(({ label, percent }) => (percent === undefined ? [label] : []));
  const findActive = (request: RequestContext): readonly string[] => {
    const resolved = resolve && open.length > 0 ? new Set(resolve(request, open)) : undefined;
    return names.filter((label, index) => {
      const percent = shares[index]?.percent;
      return percent === undefined ? resolved?.has(label) : holds(label, percent, request.requestId);
    });
  };
  const labels: OverrideLabels = {
    names,
    areOpen: shares.some(({ percent }) =>
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

/** @param labels Of the supergraph. */
export function graphInputs(labels: OverrideLabels | undefined, hasResolvers: boolean): GraphInputs {
  graphs += 1;
  return {
    number: graphs,
    labelsOf: (context) => labels?.activeFor(context) ?? [],
    hasOpenLabels: labels?.areOpen ?? false,
    hasResolvers,
  };
}

async function loadResolver(path: string): Promise<ResolveLabels> {
  const wrong = (reason: string, cause?: unknown): GatewayError =>
    new GatewayError('CONFIG_INVALID', `labelsModule ${path}: ${reason}`, { cause });
  const { labels } = await loadUserModule(path).catch((error: Error) => {
    throw wrong(`it ${error.message}`, error.cause);
  });
  if (typeof labels === 'function') return labels as ResolveLabels;
  throw wrong('it must export "labels": a function (request, names) that returns the names that hold');
}

/** The configuration speaks first, also for `percent(n)`. Undefined: neither it nor the label says anything. */
function percentOf(label: string, settings: LabelSettings): number | undefined {
  const setting = Object.hasOwn(settings, label) ? settings[label] : undefined;
  if (typeof setting === 'number') return setting;
  if (setting !== undefined) return setting ? 100 : 0;
  const stated = /^percent\(([\d.]+)\)$/.exec(label)?.[1];
  return stated === undefined ? undefined : Number(stated);
}

function holds(label: string, percent: number, requestId: string): boolean {
  if (percent <= 0 || percent >= 100) return percent > 0;
  // With the label: two labels of 50 percent must not always hold together.
  const hash = createHash('sha1').update(`${label}\0${requestId}`).digest().readUInt32BE(0);
  return (hash / 2 ** 32) * 100 < percent;
}

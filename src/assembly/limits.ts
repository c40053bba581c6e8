/** Builds the limits of a process, from what the configuration says and what authentication and operations know. */

import { randomUUID } from 'node:crypto';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { RequestStages } from '../gateway.ts';
import { createLimiter, type SharedOptions } from '../limits/limiter.ts';
import { RedisStore } from '../limits/shared/redis-store.ts';
import type { SharedStore } from '../limits/shared/shared-store.ts';
import type { LimiterState } from '../limits/shared/store-state.ts';
import type { OperationFigures } from '../limits/operation-figures.ts';
import { openRequestLimits } from '../limits/open-limits.ts';
import { limitedSelections } from '../operation/limited-fields.ts';
import { actualCost } from '../operation/cost/actual.ts';
import { plannedCalls } from '../operation/cost/estimate.ts';
import { OperationCosts } from '../operation/cost/operation-costs.ts';
import { monotonicClock } from '../shared/clock.ts';
import type { Events } from '../shared/events.ts';
import type { Store } from '../store/store.ts';
import type { Gateway } from './gateway.ts';

export interface LimitParts {
  readonly gateway: Pick<Gateway, 'events' | 'rateLimits'>;
  /** Undefined: Redis is not configured. */
  readonly store: Store | undefined;
  /** Those of all processes of this machine. Undefined: there is only this one. */
  readonly counters: SharedStore | undefined;
}

export interface Limits {
  readonly openLimits: NonNullable<RequestStages['openLimits']>;
  close(): Promise<void>;
}

export function openLimits(config: GatewayConfig, parts: LimitParts): Limits {
  const { keysMax, blockedKeysMax } = config.limits;
  const { gateway } = parts;
  const { events } = gateway;
  const shared = sharedOptions(config, parts);
  const limiter = createLimiter({ keysMax, blockedKeysMax, now: monotonicClock, shared });
  return {
    openLimits: openRequestLimits(config.limits, {
      limiter,
      isShared: shared !== undefined,
      sharesAnswers: config.sharing.requests,
      figures: figuresOf(config, events),
      apiKeyHeader: config.auth?.apiKeys?.header ?? null,
      graphLimits: () => gateway.rateLimits(),
      credentialHeaders: credentialHeadersOf(config),
      events,
    }),
    close: () => limiter.close(),
  };
}

/** @returns undefined: this process counts by itself. */
function sharedOptions(
  { limits, redis, server }: GatewayConfig,
  { gateway: { events }, store, counters }: LimitParts,
): SharedOptions | undefined {
  const options = {
    processesKeptMs: limits.processesKeptSeconds * 1000,
    onStateChange: (change: LimiterState) => events.emit('limitStoreChanged', change),
  };
  if (limits.store === 'redis' && store && redis) {
    const timeoutMs = redis.commandTimeoutMs;
    const redisStore = new RedisStore({ store, timeoutMs, processId: randomUUID() });
    return { ...options, store: redisStore, processes: limits.processes };
  }
  return counters && { ...options, store: counters, processes: server.workers };
}

function figuresOf(config: GatewayConfig, events: Events): OperationFigures {
  const costs = new OperationCosts(config.limits, events);
  return {
    assertCost: (prepared) => costs.assertCost(prepared),
    points: (prepared) => costs.points(prepared),
    actual: ({ operation: { prepared }, variables }, data) => actualCost(prepared, data, variables),
    maximumOf: (prepared) => costs.maximumOf(prepared),
    calls: ({ operation: { prepared }, variables }) => plannedCalls(prepared.cost, variables),
    selections: ({ operation: { prepared }, variables }, coordinate) =>
      limitedSelections(prepared, coordinate, variables),
  };
}

function credentialHeadersOf({ auth }: GatewayConfig): string[] {
  const { jwt, apiKeys } = auth ?? {};
  const ofTokens = jwt?.sources.map((source) => ('cookie' in source ? 'cookie' : source.header)) ?? [];
  return [...new Set([...ofTokens, ...(apiKeys ? [apiKeys.header] : [])])];
}

/** Builds what outlives the graphs of a process. */

import type { WriteAudit } from '../authz/audit/audit-queue.ts';
import { openAuthorization } from '../authz/open-authorization.ts';
import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { openWaiting } from '../operation/open-operations.ts';
import { openLabels } from '../plan/labels.ts';
import { plannerOf } from '../plan/planner.ts';
import type { OpenPlanner } from '../plan/planning.ts';
import type { Events } from '../shared/events.ts';
import type { Lasting } from './generation.ts';

export interface LastingOptions {
  /** Default: planner workers of this process. */
  readonly openPlanner?: OpenPlanner;
  /** Default: this process writes the audit file, where one is configured. */
  readonly writeAudit?: WriteAudit;
}

/** @throws {GatewayError} `CONFIG_INVALID` */
export async function openLasting(
  config: GatewayConfig,
  events: Events,
  { openPlanner = plannerOf, writeAudit }: LastingOptions = {},
): Promise<Lasting> {
  const waiting = openWaiting(config);
  events.readings.offer('requestsWaitingForPlan', () => [[waiting.count]]);
  return {
    config,
    events,
    waiting,
    openPlanner,
    labelsOf: await openLabels(config, events),
    authorization: await openAuthorization(config, events, writeAudit),
  };
}

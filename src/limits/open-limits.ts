/** Opens the limits of the requests of a process. */

import { windowMsOf } from '../config/gateway/limit-texts.ts';
import type { LimitsConfig } from '../config/gateway/limits.ts';
import type { Identified, RequestLimits } from '../pipeline/stages.ts';
import { monotonicClock } from '../shared/clock.ts';
import type { Events } from '../shared/events.ts';
import { Brake } from './brake.ts';
import { limitHeaders } from './headers.ts';
import { inFlightMaximum, OperationsInFlight } from './in-flight.ts';
import { graphPolicies, policiesOf, type GraphFieldLimit, type Policy } from './policies.ts';
import { CheckedRequest, type LimitTools } from './request-limits.ts';
import { UncountedRequests } from './uncounted-requests.ts';
import { VerifiedCredentials } from './verified-credentials.ts';

export interface LimitDependencies extends Pick<
  LimitTools,
  'limiter' | 'isShared' | 'sharesAnswers' | 'figures' | 'apiKeyHeader'
> {
  /** `@rateLimit` of the graph in place: the same list until it is replaced. */
  readonly graphLimits: () => readonly GraphFieldLimit[];
  /** In lower case. */
  readonly credentialHeaders: readonly string[];
  readonly events: Events;
}

export function openRequestLimits(
  config: LimitsConfig,
  { credentialHeaders, graphLimits, ...dependencies }: LimitDependencies,
): (identified: Identified) => RequestLimits {
  const policies = policiesOf(config);
  const ofGate = (gate: Policy['gate']): Policy[] => policies.filter((policy) => policy.gate === gate);
  const tools: LimitTools = {
    ...dependencies,
    policies: { 1: ofGate(1), 2: ofGate(2) },
    operationPolicies: operationPolicies(config, ofGate(3), graphLimits),
    verified: new VerifiedCredentials(credentialHeaders, config.callersMax),
    brake: brakeOf(config),
    inFlight: new OperationsInFlight(inFlightMaximum(config)),
    uncounted: new UncountedRequests(dependencies.limiter),
    addHeaders: limitHeaders(config),
    statusOnLimit: config.statusOnLimit,
    showsCost: config.cost,
    random: Math.random,
  };
  return (identified) => new CheckedRequest(tools, identified);
}

/** Those of the graph are compiled once for each graph. */
function operationPolicies(
  config: LimitsConfig,
  configured: readonly Policy[],
  graphLimits: LimitDependencies['graphLimits'],
): LimitTools['operationPolicies'] {
  let compiledFrom: readonly GraphFieldLimit[] = [];
  let all = configured;
  return () => {
    const limits = graphLimits();
    if (limits !== compiledFrom) {
      compiledFrom = limits;
      all = [...configured, ...graphPolicies(limits, config)];
    }
    return all;
  };
}

function brakeOf({ brake, callersMax }: LimitsConfig): Brake | null {
  const { enabled, failuresMax, factor, window } = brake;
  if (!enabled) return null;
  const windowMs = windowMsOf(window);
  return new Brake({ failuresMax, windowMs, factor, networksMax: callersMax, now: monotonicClock });
}

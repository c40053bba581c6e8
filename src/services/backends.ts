/** The policies of gateway.yaml for the services of a graph, and what is known of those services from before. */

import { type OwnPolicy, type ServiceKind, ownPolicyOf, policyOf } from '../config/gateway/policies.ts';
import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { ignoredHeaders } from '../config/gateway/input-headers.ts';
import { dnsDefaults, mergedTransport, type PartialTransport } from '../config/gateway/transport.ts';
import { newCall } from '../resilience/call.ts';
import type { EndpointSource } from '../resilience/endpoints.ts';
import type { Service, ServiceOptions } from '../resilience/service.ts';
import { type Lease, Services } from '../resilience/services.ts';
import { monotonicClock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';
import type { MutationCounter } from '../shared/mutation-counter.ts';
import { isAllowedOrigin } from '../shared/origins.ts';
import { endpointsOf, systemDns, type Replica } from './discovery.ts';
import { staleKey } from '../sources/around/fetch-key.ts';
import { aroundSubgraph, type AroundSubgraph } from '../sources/around/shared-fetches.ts';
import type { Subgraph, SubgraphRequest, SubgraphResponse } from '../sources/source.ts';
import { keepStaleAnswers } from '../sources/around/stale-answers.ts';
import { identityMistakes, policyMistakes, type KnownServices } from './policy-checks.ts';
import type { ServiceSettings } from './service-settings.ts';

/** A subgraph or source as graph.yaml describes it. */
export interface Described {
  readonly kind: ServiceKind;
  readonly name: string;
  readonly url?: string;
  readonly replicas?: readonly Replica[];
  readonly transport?: PartialTransport;
  /** Absent: nothing but its policy, and the time of the request, ends a call. */
  readonly timeoutMs?: number;
}

/** The services that one graph uses. */
export interface Leases {
  use(described: Described): Service;
  /** Once DNS has answered, or failed to, for each of them. */
  ready(): Promise<void>;
  release(): void;
}

/** Outlives every graph. */
export interface Backends {
  /** What gateway.yaml says of all services. */
  readonly settings: ServiceSettings;
  readonly mutations: MutationCounter;
  readonly around: AroundSubgraph;
  /** What gateway.yaml has for this service alone. */
  ownPolicyOf(name: string): OwnPolicy;
  leases(): Leases;
  /**
   * Only the first graph is held to it: a later one may have lost a service.
   *
   * @throws {GatewayError} `CONFIG_INVALID` where policies, or rules of identity, name what the graph does not have.
   */
  checkPolicies(known: KnownServices): void;
}

type BackendsConfig = ServiceSettings & Pick<GatewayConfig, 'policies' | 'sharing' | 'timeouts'>;

export function createBackends(config: BackendsConfig, mutations: MutationCounter, events: Events): Backends {
  let checked = false;
  const services = new Services({ clock: monotonicClock, random: Math.random, events });
  return {
    settings: config,
    mutations,
    around: withFallbacks(config, aroundSubgraph(config, mutations, events)),
    ownPolicyOf: (name) => ownPolicyOf(config.policies, name),
    leases() {
      const held: Lease[] = [];
      const waited: Array<Promise<void>> = [];
      return {
        use(described) {
          const endpoints = endpointsFor(described, config, events);
          if (endpoints.ready) waited.push(endpoints.ready);
          const options = optionsOf(described, config);
          const lease = services.use(identityOf(described), described.name, { options, endpoints });
          held.push(lease);
          return lease.service;
        },
        async ready() {
          await Promise.all(waited);
        },
        release() {
          for (const lease of held) lease.release();
        },
      };
    },
    checkPolicies(known) {
      if (checked) return;
      checked = true;
      const identified = Object.keys(config.auth?.identity.subgraphs ?? {});
      const lines = [...policyMistakes(config.policies, known), ...identityMistakes(identified, known)];
      if (lines.length > 0) throw new GatewayError('CONFIG_INVALID', lines.join('\n'));
    },
  };
}

/** Old answers are kept for each fetch, whatever shared a call with it; declared values are for the executor. */
function withFallbacks(config: BackendsConfig, around: AroundSubgraph): AroundSubgraph {
  const { policies } = config;
  const ignoreHeaders = ignoredHeaders(config);
  return (subgraph, as) => {
    const { name, headers } = as;
    const { fallbacks, stale } = ownPolicyOf(policies, name);
    const keyOf = staleKey({ ignoreHeaders, ...(headers ? { headers } : {}) });
    const keeping = (inner: Subgraph): Subgraph =>
      stale ? keepStaleAnswers(inner, stale, { clock: monotonicClock, keyOf }) : inner;
    const whole = around(subgraph, { ...as, keeping });
    return fallbacks
      ? { fetch: (request) => whole.fetch(request), close: () => whole.close(), fallbacks }
      : whole;
  };
}

function optionsOf(
  { kind, name, timeoutMs = Number.POSITIVE_INFINITY }: Described,
  { policies, timeouts: { requestMs } }: BackendsConfig,
): ServiceOptions {
  const policy = policyOf(policies, kind, name);
  // No call gets more than a request has, and one that took all of it is a failure of the service. What runs in this
  // process ends by the request's own deadline, a moment after its sources.
  const callMs = kind === 'local' ? timeoutMs : requestMs * (1 - policy.reservePercent / 100);
  return { ...policy, timeoutMs: Math.min(policy.timeoutMs, timeoutMs, callMs) };
}

function identityOf(described: Described): string {
  return [described.kind, described.name, ...replicasOf(described).map(({ url }) => url)].join(' ');
}

function endpointsFor(described: Described, settings: ServiceSettings, events: Events): EndpointSource {
  const { name: service, transport = {} } = described;
  const { dns: given, allowedOrigins } = settings.transport;
  const options = given ?? dnsDefaults;
  return endpointsOf(replicasOf(described), {
    options,
    rules: mergedTransport(settings.transport, transport),
    isAllowed: (url) => isAllowedOrigin(url, allowedOrigins),
    dns: () => systemDns(options),
    random: Math.random,
    schedule(run, afterMs) {
      const timer = setTimeout(run, afterMs).unref();
      return () => clearTimeout(timer);
    },
    onFailed: (url, error) => events.emit('discoveryFailed', { service, url, error }),
  });
}

function replicasOf({ kind, name, url, replicas = url === undefined ? [] : [{ url }] }: Described) {
  return kind === 'local' ? [{ url: `local:${name}` }] : replicas;
}

/** An in-process subgraph, with policies only where gateway.yaml asks for some: its sources have their own. */
export function guarded(subgraph: Subgraph, service: Service): Subgraph {
  const { breaker, concurrency, retries } = service.options;
  if (breaker.mode === 'disabled' && !concurrency.enabled && retries.max === 0) return subgraph;
  const send = service.stack<SubgraphRequest, SubgraphResponse>((request) => subgraph.fetch(request));
  return {
    fetch: (request) => send(request, newCall(request.context, request.operation.kind)),
    close: () => subgraph.close(),
  };
}

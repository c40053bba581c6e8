/** Services without a policy but their timeout, for tests of what is behind the policies. */

import { gatewaySchema } from '../../src/config/gateway/gateway-config.ts';
import { policyDefaults } from '../../src/config/gateway/policies.ts';
import { fixedEndpoints } from '../../src/resilience/endpoints.ts';
import { Service } from '../../src/resilience/service.ts';
import { type Backends, createBackends } from '../../src/services/backends.ts';
import { monotonicClock } from '../../src/shared/clock.ts';
import { Events } from '../../src/shared/events.ts';
import { MutationCounter } from '../../src/shared/mutation-counter.ts';
import { type Backend, backendOf } from '../../src/sources/backend.ts';
import type { HttpTransport } from '../../src/sources/http/transport.ts';

export interface PlainServiceOptions {
  readonly name: string;
  /** Replicas of one service; at least one. */
  readonly urls: readonly string[];
  /** Default 5 000; the request's deadline may be sooner. */
  readonly timeoutMs?: number;
}

export function plainService({ name, urls, timeoutMs = 5000 }: PlainServiceOptions): Service {
  const options = {
    ...policyDefaults,
    timeoutMs,
    reservePercent: 0,
    retries: { ...policyDefaults.retries, max: 0 },
    breaker: { ...policyDefaults.breaker, mode: 'disabled' as const },
    concurrency: { ...policyDefaults.concurrency, enabled: false },
  };
  const service = new Service(options, {
    name,
    clock: monotonicClock,
    random: Math.random,
    events: new Events(),
  });
  service.replicas.follow(fixedEndpoints(urls.map((url) => ({ url }))));
  return service;
}

export function plainBackend(options: PlainServiceOptions, transport: HttpTransport): Backend {
  return backendOf(plainService(options), transport);
}

/** For whole graphs: nothing is shared, and no header of a client is passed on. */
export function withoutPolicies(): Backends {
  const config = gatewaySchema.parse({
    headers: { forward: [] },
    sharing: { fetches: false },
    policies: {
      defaults: { retries: { max: 0 }, breaker: { mode: 'disabled' }, concurrency: { enabled: false } },
    },
  });
  const timeouts = { ...config.timeouts, requestMs: Number.POSITIVE_INFINITY };
  return createBackends({ ...config, timeouts }, new MutationCounter(), new Events());
}

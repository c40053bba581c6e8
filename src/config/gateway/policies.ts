/**
 * `policies` of gateway.yaml: timeouts, retries, circuit breakers and concurrency limits for each service.
 *
 * Four layers, each overriding single options of the one before: the defaults here, `policies.defaults`, those of the
 * service's kind, those of the service. docs/reference/gateway-yaml.md has the table.
 */

import { z } from 'zod';

import { didYouMean } from '../yaml/suggest.ts';
import { isRecord, own } from '../../shared/records.ts';

const milliseconds = z.int().min(1).max(600_000);
const percent = z.number().min(0).max(100);
const count = z.int().min(1).max(100_000);

const breakerShape = z
  .strictObject({
    /** `auto`: by the results of calls. `open`: refuses every call. `disabled`: refuses none. */
    mode: z.enum(['auto', 'open', 'disabled']),
    minimumCalls: count,
    failureRatePercent: percent.min(1),
    slowRatePercent: percent.min(1),
    slowMs: milliseconds,
    connectErrorsMax: count,
    openMs: milliseconds,
    openMaxMs: milliseconds,
    openJitterPercent: percent,
    halfOpenPermits: z.int().min(1).max(100),
  })
  .partial();

const concurrencyShape = z
  .strictObject({
    enabled: z.boolean(),
    initial: count,
    min: count,
    max: count,
    queueMax: z.int().min(0).max(100_000),
    queueMs: milliseconds,
  })
  .partial();

const policyShape = z
  .strictObject({
    timeoutMs: milliseconds,
    reservePercent: percent.max(50),
    retries: z
      .strictObject({
        max: z.int().min(0).max(10),
        baseMs: milliseconds,
        waitMaxMs: milliseconds,
        attemptTimeoutMs: z.int().min(0).max(600_000),
        budget: z.strictObject({ percent, perSecondMin: z.int().min(0).max(1000) }).partial(),
      })
      .partial(),
    hedging: z
      .strictObject({ enabled: z.boolean(), percentile: percent.min(50).max(99.9), afterMinMs: milliseconds })
      .partial(),
    breaker: breakerShape,
    concurrency: concurrencyShape,
    batching: z
      .strictObject({ batchMax: z.int().min(1).max(10_000), windowMs: z.int().min(0).max(1000) })
      .partial(),
    replicas: z.strictObject({ zones: z.array(z.string().min(1)).max(16), ejection: breakerShape }).partial(),
  })
  .partial();

const coordinate = z
  .string()
  .regex(/^[A-Za-z_]\w*\.[A-Za-z_]\w*$/, 'expected a field such as Product.rating');

/** Options of a single service, in no layer. */
const ownShape = z
  .strictObject({
    /** Values of fields, as JSON, while the service is unavailable. */
    fallbacks: z.record(
      coordinate.refine((field) => !field.startsWith('Mutation.'), 'a mutation has no fallback'),
      z.json(),
    ),
    /** The last good responses, while the service is unavailable. */
    stale: z.strictObject({
      maxAgeMs: z.int().min(1).max(86_400_000).default(300_000),
      bytesMax: z.int().min(1024).max(4_294_967_296).default(16_777_216),
    }),
    /** Of a subgraph in this process. */
    fields: z.record(coordinate, z.strictObject({ timeoutMs: milliseconds })),
    /** Mutations that may be retried, with an idempotency key. */
    idempotencyKeys: z.array(coordinate.startsWith('Mutation.', 'expected a field of Mutation')).max(1000),
  })
  .partial();

export const policiesSchema = z
  .strictObject({
    defaults: policyShape.optional(),
    kinds: z.partialRecord(z.enum(['graphql', 'rest', 'grpc', 'custom', 'local']), policyShape).optional(),
    services: z.record(z.string(), policyShape.extend(ownShape.shape)).optional(),
  })
  .prefault({});

export type PoliciesConfig = z.output<typeof policiesSchema>;
/** Options of a single service, in no layer. */
export type OwnPolicy = z.output<typeof ownShape>;
export type ServiceKind = 'graphql' | 'rest' | 'grpc' | 'custom' | 'local';

const breaker = {
  mode: 'auto' as 'auto' | 'open' | 'disabled',
  minimumCalls: 20,
  failureRatePercent: 50,
  slowRatePercent: 80,
  slowMs: 2000,
  connectErrorsMax: 5,
  openMs: 1000,
  openMaxMs: 30_000,
  openJitterPercent: 20,
  halfOpenPermits: 3,
};

/** The first layer. A shorter `timeoutMs` of graph.yaml takes precedence. */
export const policyDefaults = {
  timeoutMs: 60_000,
  reservePercent: 5,
  retries: {
    max: 2,
    baseMs: 25,
    waitMaxMs: 250,
    attemptTimeoutMs: 0,
    budget: { percent: 20, perSecondMin: 3 },
  },
  hedging: { enabled: false, percentile: 95, afterMinMs: 10 },
  breaker,
  concurrency: { enabled: true, initial: 128, min: 8, max: 1000, queueMax: 1000, queueMs: 1000 },
  batching: { batchMax: 100, windowMs: 0 },
  // Opens earlier than the breaker of the whole service, so that one bad replica does not open that one.
  replicas: {
    zones: [] as readonly string[],
    ejection: { ...breaker, minimumCalls: 5, connectErrorsMax: 2 },
  },
};

/**
 * A resolver runs in this process, and the sources that it calls have policies of their own: a second retry, breaker or
 * queue would only add to those.
 */
const localDefaults: z.output<typeof policyShape> = {
  reservePercent: 0,
  retries: { max: 0 },
  breaker: { mode: 'disabled' },
  concurrency: { enabled: false },
};

export type ServicePolicy = typeof policyDefaults;

/** The effective policy of one service. */
export function policyOf(policies: PoliciesConfig, kind: ServiceKind, name: string): ServicePolicy {
  const layers = [
    policies.defaults,
    kind === 'local' ? localDefaults : {},
    policies.kinds?.[kind],
    layerOf(own(policies.services ?? {}, name)),
  ];
  const policy = layers.reduce<ServicePolicy>((base, layer) => overlay(base, layer ?? {}), policyDefaults);
  if (kind !== 'local') return policy;
  // The timeout of remote services is too short for resolvers that call several of them: one slow source would cost the
  // results of the others.
  return { ...policy, timeoutMs: policies.kinds?.local?.timeoutMs ?? policyDefaults.timeoutMs };
}

/** Without the options in no layer: a changed fallback must not reset the circuit breaker. */
function layerOf(
  service: (OwnPolicy & z.output<typeof policyShape>) | undefined,
): z.output<typeof policyShape> {
  const names = Object.keys(ownShape.shape);
  return Object.fromEntries(Object.entries(service ?? {}).filter(([name]) => !names.includes(name)));
}

export function ownPolicyOf({ services }: PoliciesConfig, name: string): OwnPolicy {
  return own(services ?? {}, name) ?? {};
}

/** @returns One line for each service that the graph does not have. */
export function unknownServices(policies: PoliciesConfig, known: readonly string[]): string[] {
  return Object.keys(policies.services ?? {})
    .filter((name) => !known.includes(name))
    .map(
      (name) =>
        `policies.services.${name}: the graph has no such subgraph or source${didYouMean(name, known)}`,
    );
}

function overlay<Value extends object>(base: Value, layer: object): Value {
  const merged = { ...base } as Record<string, unknown>;
  for (const [key, value] of Object.entries(layer)) {
    if (value === undefined) continue;
    const inherited = own(merged, key);
    merged[key] = isRecord(inherited) && isRecord(value) ? overlay(inherited, value) : value;
  }
  return merged as Value;
}

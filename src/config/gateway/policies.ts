/**
 * `policies` of gateway.yaml: how patient, how stubborn and how careful the gateway is with each service.
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
    /** `auto`: by what happens. `open`: refuses every call. `disabled`: refuses none. */
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

/** What only one service can have. */
const ownShape = z
  .strictObject({
    /** JSON values for fields, while the service is out. */
    fallbacks: z.record(
      coordinate.refine((field) => !field.startsWith('Mutation.'), 'a mutation has no fallback'),
      z.json(),
    ),
    /** The last good answers, while the service is out. */
    stale: z.strictObject({
      maxAgeMs: z.int().min(1).max(86_400_000).default(300_000),
      bytesMax: z.int().min(1024).max(4_294_967_296).default(16_777_216),
    }),
    /** Of a subgraph in this process. */
    fields: z.record(coordinate, z.strictObject({ timeoutMs: milliseconds })),
    /** Mutations that may be sent again, with a key. */
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
/** Of one service, and no part of any layer. */
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

/** The first layer. `timeoutMs` of graph.yaml holds where it is shorter. */
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
  // Sooner than the breaker of the whole service: one bad replica must not look like a bad service.
  replicas: {
    zones: [] as readonly string[],
    ejection: { ...breaker, minimumCalls: 5, connectErrorsMax: 2 },
  },
};

/**
 * A resolver runs in this process: what fails is the source it calls, which has policies of its own. Its own place in
 * line would only be a second one.
 */
const localDefaults: z.output<typeof policyShape> = {
  reservePercent: 0,
  retries: { max: 0 },
  breaker: { mode: 'disabled' },
  concurrency: { enabled: false },
};

export type ServicePolicy = typeof policyDefaults;

/** What holds for one service. */
export function policyOf(policies: PoliciesConfig, kind: ServiceKind, name: string): ServicePolicy {
  const layers = [
    policies.defaults,
    kind === 'local' ? localDefaults : {},
    policies.kinds?.[kind],
    layerOf(own(policies.services ?? {}, name)),
  ];
  const policy = layers.reduce<ServicePolicy>((under, layer) => overlay(under, layer ?? {}), policyDefaults);
  if (kind !== 'local') return policy;
  // What all services have, and a source that may have the same name, is no time for resolvers that call several:
  // ending with the first of them they would lose what the others brought.
  return { ...policy, timeoutMs: policies.kinds?.local?.timeoutMs ?? policyDefaults.timeoutMs };
}

/** What is no part of the layers stays out: breakers must not begin anew because a fallback changed. */
function layerOf(
  given: (OwnPolicy & z.output<typeof policyShape>) | undefined,
): z.output<typeof policyShape> {
  const names = Object.keys(ownShape.shape);
  return Object.fromEntries(Object.entries(given ?? {}).filter(([name]) => !names.includes(name)));
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

function overlay<Value extends object>(under: Value, over: object): Value {
  const merged = { ...under } as Record<string, unknown>;
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = own(merged, key);
    merged[key] = isRecord(below) && isRecord(value) ? overlay(below, value) : value;
  }
  return merged as Value;
}

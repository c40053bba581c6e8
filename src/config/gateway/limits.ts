/** The schema of `limits` in gateway.yaml. docs/reference/gateway-yaml.md explains each option. */

import { z } from 'zod';

import { tierName } from './auth-api-keys.ts';
import { costSchema } from './cost.ts';
import { guardLimitsShape } from './guard-limits.ts';
import {
  limitPolicySchema,
  policyName,
  refuseBursts,
  tierLimitSchema,
  window,
  keySchema,
  unitsMax,
} from './limit-policies.ts';
import { fieldOf } from './limit-texts.ts';

const bytes = z.int().min(1).max(1_073_741_824);
const count = z.int().min(1).max(10_000_000);

/** Requests of a client that are executed at once in one process. */
export const inFlightMax = z.int().min(1).max(100_000);

/** A coordinate such as `Mutation.login`. */
const coordinate = z
  .string()
  .regex(/^[A-Za-z_]\w{0,127}\.[A-Za-z_]\w{0,127}$/, 'expected Type.field, such as Mutation.login');

const fieldLimitSchema = z.strictObject({
  limit: z.int().min(1).max(unitsMax),
  window,
  key: keySchema.default(['client', 'principal']),
  mode: z.enum(['enforce', 'measure']).default('enforce'),
  whenStoreLost: z.enum(['local', 'open', 'closed']).default('local'),
});

/** Requests per minute where nothing else is configured. */
const defaultTiers = {
  free: { limit: 100, window: '1m' },
  standard: { limit: 1000, window: '1m' },
  premium: { limit: 10_000, window: '1m' },
};

const documentShape = {
  ...guardLimitsShape,
  /** `measure`: documents over these limits are reported and accepted, up to the highest values allowed here. */
  documentMode: z.enum(['enforce', 'measure']).default('enforce'),
  subgraphCallsMax: z.int().min(1).default(100),
  /** Errors in one response. */
  errorsMax: z.int().min(1).default(100),
};

const planningShape = {
  /** Requests of one client that wait for their operations to be planned. One more is refused. */
  planningPendingPerClientMax: z.int().min(1).default(1000),
  /** The same of all clients: one more, and the client with most of them has one refused. */
  planningPendingMax: z.int().min(1).default(5000),
  /** Bodies of all those requests. More, and the client with most of them has one refused. */
  planningPendingBytesMax: bytes.default(33_554_432),
  /** Prepared operations kept. */
  preparedOperationsMax: z.int().min(1).default(10_000),
  /** What they may take together. */
  preparedOperationsBytesMax: bytes.default(134_217_728),
  /** Documents with literals that are remembered with the operation that they share. */
  literalDocumentsMax: z.int().min(1).default(5000),
  /** What they may take together. */
  literalDocumentsBytesMax: bytes.default(16_777_216),
  /** Processor time that new operations of one client may take to prepare, per minute. Absent: no ceiling. */
  planningMsPerMinute: z.int().min(1).optional(),
};

const storeShape = {
  /** Who counts: this machine alone, or Redis for all of them. Default: `redis` if `redis` is configured. */
  store: z.enum(['memory', 'redis']).optional(),
  /** Keys with counters in memory. One more, and the one that was not used for longest is forgotten. */
  keysMax: count.default(100_000),
  /** Keys that are refused until their reset without asking the store. */
  blockedKeysMax: count.default(10_000),
  /** Processes of all machines, which share the limits while Redis is lost. Default: `server.workers`. */
  processes: z.int().min(1).max(10_000).optional(),
  /** How long after Redis was lost the number of processes that it last counted is used instead. */
  processesKeptSeconds: z.int().min(0).max(86_400).default(300),
  /** How long a worker process waits for the counters in the primary process. After that it counts by itself. */
  workersTimeoutMs: z.int().min(1).max(60_000).default(200),
};

const policiesShape = {
  /** Requests by the tier of the client or principal, counted for each of them. Empty: none. */
  tiers: z.record(tierName, tierLimitSchema).prefault(defaultTiers),
  /** By name, in addition to the tiers. */
  policies: z.record(policyName, limitPolicySchema).default({}),
  /** Limits of single fields, by coordinate; a field counts once for each alias. */
  fields: z.record(coordinate, fieldLimitSchema).default({}),
  /** Operations of one client that are executed at once in one process. Further ones are refused with 503. */
  inFlight: z
    .strictObject({
      perClientMax: inFlightMax.optional(),
      /** By tier. */
      tiers: z.record(tierName, inFlightMax).default({}),
    })
    .prefault({}),
  /** Requests of a network that fail often count several times in limits by address. */
  brake: z
    .strictObject({
      enabled: z.boolean().default(true),
      /** Requests answered with 400, 401 or 403 in `window`, and at least half of the network's requests. */
      failuresMax: z.int().min(1).max(1_000_000).default(100),
      window,
      /** How often each request of the network counts from then on, as long as they fail. */
      factor: z.int().min(2).max(1000).default(10),
    })
    .prefault({}),
  /** Networks and clients whose state is kept for `brake` and `inFlight`. */
  callersMax: count.default(100_000),
};

const answerShape = {
  /** `RateLimit` and `RateLimit-Policy`. */
  headers: z.boolean().default(true),
  /** `X-RateLimit-Limit`, `-Remaining` and `-Reset` of the policy that is nearest to its limit. */
  legacyHeaders: z.boolean().default(false),
  /** HTTP status of a request over a limit. */
  statusOnLimit: z.literal([429, 200]).default(429),
};

/** The policy of `limits.tiers`. */
export const tierPolicy = 'tier';

export const limitsSchema = z
  .strictObject({
    ...documentShape,
    ...planningShape,
    ...storeShape,
    ...policiesShape,
    ...answerShape,
    cost: costSchema.prefault({}),
  })
  .superRefine(({ tiers, policies, fields }, context) => {
    refuseBursts(context, { tiers });
    const refuse = (path: string[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    if (Object.hasOwn(policies, tierPolicy))
      refuse(['policies', tierPolicy], 'expected another name: this one is the policy of limits.tiers');
    for (const [coordinate, { key }] of Object.entries(fields)) {
      if (Object.hasOwn(policies, coordinate))
        refuse(['policies', coordinate], 'expected another name: there is a limit of a field with this one');
      if (key.some((part) => part.startsWith('args.') && fieldOf(part) !== coordinate))
        refuse(['fields', coordinate, 'key'], `expected arguments of ${coordinate} only`);
    }
  });

export type LimitsConfig = z.output<typeof limitsSchema>;

/** `limits` in client.yaml: what applies to this client instead. */
export const clientLimitsSchema = z.strictObject({
  /** By the name of a policy of gateway.yaml; `tier` for the limit of its tier. */
  policies: z.record(policyName, tierLimitSchema).default({}),
  inFlightMax: inFlightMax.optional(),
  /** Estimated cost of one operation. */
  costMax: z.int().min(1).max(unitsMax).optional(),
});

export type ClientLimitsConfig = z.output<typeof clientLimitsSchema>;

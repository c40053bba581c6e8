/** The schema of one limit: what it counts, by what key, and how much it admits. */

import { z } from 'zod';

import { clientName, tierName } from './auth-api-keys.ts';
import { isKeyPart, isWindow, keyPartForm, keyPartsMax, keyProblem, windowForm } from './limit-texts.ts';

/** Of the counters in the store: 32 bits without a sign. */
export const unitsMax = 4_294_967_295;

const units = z.int().min(1).max(unitsMax);

export const policyName = z
  .string()
  .regex(/^[a-z][\w.-]{0,63}$/, 'expected a lower-case letter, then letters, digits and _.-');

/** A duration such as `30s`, `1m`, `12h` or `30d`. */
const windowText = z.custom<string>(
  (value) => typeof value === 'string' && isWindow(value),
  `expected ${windowForm}`,
);

export const window = windowText.default('1m');

const keyPart = z.string().refine(isKeyPart, `expected ${keyPartForm}`);

/** What is counted by: each combination of values has a counter of its own. */
export const keySchema = z
  .array(keyPart)
  .min(1)
  .max(keyPartsMax)
  .superRefine((key, context) => {
    const message = keyProblem(key);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

export const tierLimitSchema = z.strictObject({
  /** Units in each window. */
  limit: units,
  /** Default: that of the policy. */
  window: windowText.optional(),
  /** `gcra`: units that may come at once. Default: a tenth of the limit. */
  burst: units.optional(),
});

/** Of tiers that are counted in windows: a burst there would be without effect. */
export function refuseBursts(
  context: z.core.$RefinementCtx,
  { tiers }: { readonly tiers: Readonly<Record<string, TierLimitConfig>> },
): void {
  for (const [tier, { burst }] of Object.entries(tiers))
    if (burst !== undefined) refuseBurst(context, ['tiers', tier]);
}

function refuseBurst(context: z.core.$RefinementCtx, path: readonly string[]): void {
  const message = 'expected no burst: only policies with algorithm: gcra have one';
  context.addIssue({ code: 'custom', path: [...path, 'burst'], message });
}

export const limitPolicySchema = z
  .strictObject({
    key: keySchema,
    /** `window`: never more in any window; `gcra`: evenly spread, and `burst` more. */
    algorithm: z.enum(['window', 'gcra']).default('window'),
    /** Absent: only the tiers are limited. */
    limit: units.optional(),
    window,
    burst: units.optional(),
    /** `points`: the estimated cost of operations; `calls`: planned calls to services. */
    unit: z.enum(['requests', 'points', 'calls']).default('requests'),
    /** Instead of `limit`, by the tier of the client or principal. */
    tiers: z.record(tierName, tierLimitSchema).default({}),
    /** Requests that it applies to; all conditions must hold. */
    when: z
      .strictObject({
        kinds: z
          .array(z.enum(['query', 'mutation']))
          .min(1)
          .optional(),
        /** Names of operations, as documents state them. */
        operations: z.array(z.string().min(1).max(256)).min(1).optional(),
        clients: z.array(clientName).min(1).optional(),
        versions: z.array(z.string().min(1).max(64)).min(1).optional(),
        /** Whether the request has no credentials. */
        anonymous: z.boolean().optional(),
      })
      .prefault({}),
    /** `measure`: counted and reported, never refused. */
    mode: z.enum(['enforce', 'measure']).default('enforce'),
    /** While Redis is lost: each process admits its share, everything, or nothing. */
    whenStoreLost: z.enum(['local', 'open', 'closed']).default('local'),
  })
  .refine(({ limit, tiers }) => limit !== undefined || Object.keys(tiers).length > 0, {
    path: ['limit'],
    message: 'expected limit, or tiers with their limits',
  })
  .superRefine(({ algorithm, burst, tiers }, context) => {
    if (algorithm === 'gcra') return;
    if (burst !== undefined) refuseBurst(context, []);
    refuseBursts(context, { tiers });
  });

export type LimitPolicyConfig = z.output<typeof limitPolicySchema>;
export type TierLimitConfig = z.output<typeof tierLimitSchema>;

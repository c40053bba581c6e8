/** The schema of `limits.cost` in gateway.yaml: what operations cost, and how much one may. */

import { z } from 'zod';

const points = z.int().min(1).max(4_294_967_295);

export const costSchema = z.strictObject({
  /** Estimated cost of one operation. Absent: no maximum. */
  max: points.optional(),
  /** `measure`: operations over `max` are reported and accepted. */
  mode: z.enum(['enforce', 'measure']).default('enforce'),
  /** Elements of a list of which nothing says how long it is. */
  listSize: z.int().min(0).max(1_000_000).default(10),
  /** By service, and `all` for the others: the estimated cost of its part of one operation. More is not fetched. */
  subgraphs: z.record(z.string().min(1), z.strictObject({ max: points })).default({}),
  /** `extensions.cost` in answers. */
  extensions: z.boolean().default(false),
  /** `X-Cost-Estimated`, `X-Cost-Actual` and `X-Cost-Max` in answers. */
  headers: z.boolean().default(false),
});

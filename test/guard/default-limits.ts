import { z } from 'zod';

import { type GuardLimits, guardLimitsShape } from '../../src/config/gateway/guard-limits.ts';

export const guardLimitDefaults: GuardLimits = z.strictObject(guardLimitsShape).parse({});

import { expect, it } from 'vitest';
import { z } from 'zod';

import { checkYaml } from '../yaml/file.ts';
import { limitsSchema } from './limits.ts';

const schema = z.strictObject({ limits: limitsSchema });
const read = (limits: string) => checkYaml(`limits: ${limits}`, schema, { displayName: 'gateway.yaml' });

const duration = 'expected a duration such as 30s, 1m, 12h or 30d, at most 366d';
const noBurst = 'expected no burst: only policies with algorithm: gcra have one';

it.each([
  ['{ policies: { a: { key: [client], limit: 1, window: 60 } } }', `a.window: ${duration}, got 60`],
  ['{ policies: { a: { key: [client], limit: 1, window: 1w } } }', `a.window: ${duration}, got "1w"`],
  ['{ policies: { A: { key: [client], limit: 1 } } }', 'expected a lower-case letter, then letters, digits'],
  ['{ policies: { a: { key: [header.X-Tenant], limit: 1 } } }', 'header.<name in lower case>'],
  ['{ policies: { a: { key: [client], limit: 1, burst: 2 } } }', `a.burst: ${noBurst}`],
  [
    '{ policies: { a: { key: [client], tiers: { free: { limit: 1, burst: 2 } } } } }',
    `a.tiers.free.burst: ${noBurst}`,
  ],
  ['{ tiers: { free: { limit: 1, burst: 2 } } }', `limits.tiers.free.burst: ${noBurst}`],
])('refuses %s and says what is expected', async (limits, message) => {
  await expect(read(limits)).rejects.toThrow(message);
});

it('accepts bursts of policies with algorithm: gcra', async () => {
  const policy =
    '{ key: [client], algorithm: gcra, limit: 1, burst: 2, tiers: { free: { limit: 1, burst: 3 } } }';
  const { limits } = await read(`{ policies: { a: ${policy} } }`);
  expect(limits.policies['a']).toMatchObject({ burst: 2, tiers: { free: { burst: 3 } } });
});

/** What clients of a gateway with two workers see when Redis is lost and comes back: nothing. */

import { setTimeout as sleep } from 'node:timers/promises';

import { expect, it } from 'vitest';

import { clientGateway } from '../clients/support/client-gateway.ts';
import { ask } from '../support/ask.ts';
import { patient } from '../support/patient.ts';
import { sentinelFailOver } from './support/fail-overs.ts';
import { isSoak, type Outage } from './support/outage.ts';
import { serverOutages } from './support/server-outages.ts';

const everyMs = 25;
const atOnce = 4;
const aroundMs = 1000;

const outages: Readonly<Record<string, () => Promise<Outage>>> = {
  ...serverOutages,
  'failed over by Sentinel': () => sentinelFailOver('kill'),
};

const inCi = ['stopped by SIGSTOP', 'failed over by Sentinel'];

it.each(isSoak ? Object.keys(outages) : inCi)(
  'every request is answered with 200 while Redis is %s',
  async (name) => {
    const outage = await outages[name]?.();
    if (!outage) throw new Error(`there is no outage "${name}"`);
    const { url, keyOf } = await clientGateway({
      schema: 'type Query { a: String }',
      resolvers: `export const resolvers = { Query: { a: () => 'a' } };`,
      clients: { partner: 'tier: free\n', anonymous: '' },
      settings: [
        patient,
        `redis: ${JSON.stringify(outage.redis)}`,
        'limits:',
        '  tiers: { free: { limit: 1000000, window: 1h } }',
        '  policies:',
        '    network: { key: [address], limit: 1000000, window: 1h, whenStoreLost: open }',
        '    points: { key: [client], unit: points, limit: 1000000, window: 1h }',
      ],
      workers: 2,
    });
    const statuses: Array<Promise<number>> = [];
    const send = async (): Promise<number> => (await ask(url, '{ a }', { headers: keyOf('partner') })).status;
    const timer = setInterval(() => {
      for (let i = 0; i < atOnce; i += 1) statuses.push(send());
    }, everyMs);
    try {
      await sleep(aroundMs);
      await outage.happen();
      await sleep(aroundMs);
    } finally {
      clearInterval(timer);
    }
    const answered = await Promise.all(statuses);
    console.info(`${name}: ${answered.length} requests`);
    expect(answered.length).toBeGreaterThan(100);
    expect(answered.filter((status) => status !== 200)).toEqual([]);
  },
);

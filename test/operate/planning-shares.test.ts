/** How clients share the planner: nobody who asks for what can be planned is refused, whatever others do. */
import { describe, expect, it, onTestFinished } from 'vitest';

import { ask } from '../support/ask.ts';
import { burst, pageOperation, siege, toldApart } from '../support/planning-load.ts';
import { slowGateway } from '../support/slow-gateway.ts';
import { slowOperation } from '../support/slow-graph.ts';

const patient = ['timeouts:', '  requestMs: 120000', '  planningMs: 300', '  planningWallMs: 60000'];
const front = `front: ${process.env.TEST_FRONT ?? 'direct'}`;

describe.each([
  ['one process', []],
  ['several workers', ['  workers: 2']],
])('clients of %s', { timeout: 240_000 }, (_how, settings) => {
  it('are answered right after a start, beside attackers too, and only who fills its own queue is refused', async () => {
    const url = await given([...settings], ['limits:', '  planningPendingPerClientMax: 30']);
    const first = await burst(url, { operations: 60, inFlight: 25, from: '192.0.2.7', seed: 'b' });
    expect(first.filter(({ status, code }) => status !== 200 || code)).toEqual([]);

    const { victim } = await siege(url, {
      attackers: 3,
      inFlight: 3,
      durationMs: 3000,
      victimEveryMs: 500,
    });
    expect(victim.length).toBeGreaterThan(1);
    expect(victim.filter(({ status, code }) => status !== 200 || code)).toEqual([]);

    const [flood, other] = await Promise.all([
      burst(url, { operations: 200, inFlight: 200, from: '192.0.2.8', seed: 'f' }),
      burst(url, { operations: 5, inFlight: 5, from: '192.0.2.9', seed: 'o' }),
    ]);
    expect(flood.filter(({ code }) => code === 'PLANNING_QUOTA_EXCEEDED')).not.toEqual([]);
    expect(flood.filter(({ status }) => status === 200)).not.toEqual([]);
    expect(other.filter(({ code }) => code)).toEqual([]);
  });
});

describe('a request that waits for the planner', { timeout: 120_000 }, () => {
  it('charges nobody for what somebody else asked, and ends at its own deadline', async () => {
    // Enough aliases that no machine plans them in the time that they have.
    const unguarded = ['  rootFieldsMax: 200', '  aliasesMax: 200', '  tokensMax: 40000'];
    const url = await given([], ['limits:', '  planningMsPerMinute: 8000', ...unguarded]);
    const slow = slowOperation(180, 'slow');
    const headers = { 'x-forwarded-for': '192.0.2.1' };
    const together = await Promise.all(Array.from({ length: 50 }, () => ask(url, slow, { headers })));
    expect(new Set(together.map(({ errors }) => errors?.[0]?.extensions['code']))).toEqual(
      new Set(['PLANNING_TIMEOUT']),
    );
    expect((await ask(url, pageOperation('after'), { headers })).status).toBe(200);

    const hurried = await ask(url, slowOperation(180, 'other'), {
      headers: { ...headers, 'x-request-timeout': '300ms' },
    });
    expect(hurried.errors?.[0]?.extensions['code']).toBe('PLANNING_TIMEOUT');
  });
});

async function given(server: readonly string[], settings: readonly string[]): Promise<string> {
  const slow = await slowGateway(12, [front, ...toldApart, ...server, ...patient, ...settings]);
  onTestFinished(() => slow.close());
  return slow.gateway.url;
}

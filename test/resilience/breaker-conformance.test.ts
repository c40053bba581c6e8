/** What the breaker tests of Hive Router and Cosmo ask for, of ours: around calls, with events, by configuration. */

import { describe, expect, it } from 'vitest';

import { GatewayError } from '../../src/shared/errors.ts';
import { codeOf, failing, givenService } from './given-service.ts';

const down = failing('server-error');

describe('opening', () => {
  it('opens after slow answers', async () => {
    // Ten seconds hold no twenty such calls one after another: let them count sooner.
    const hasty = givenService({ policy: { breaker: { minimumCalls: 4 } } });
    hasty.backend(() => {
      hasty.forward(2100);
      return Promise.resolve('slow');
    });
    expect(await hasty.calls(4)).toEqual(['slow', 'slow', 'slow', 'slow']);
    expect(hasty.changes).toMatchObject([{ service: 'shop', replica: null, to: 'open', reason: 'slow' }]);
  });

  it('opens after failures, and then refuses at once with the time to come back', async () => {
    const given = givenService();
    given.backend(down);
    await given.calls(20);
    const refusal = await given.call().catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      public: { service: 'shop', retryAfter: 1 },
    });
    expect(given.sent.length).toBe(20);
  });

  it('does not open before there were enough calls', async () => {
    const given = givenService();
    given.backend(down);
    await given.calls(19);
    expect(given.changes).toEqual([]);
  });

  it('does not open while fewer than half fail', async () => {
    const given = givenService();
    let count = 0;
    given.backend(() => ((count += 1) % 5 < 3 ? Promise.resolve('fine') : down()));
    await given.calls(60);
    expect(given.changes).toEqual([]);
  });

  it('opens at once when nothing is there to connect to', async () => {
    const given = givenService();
    given.backend(failing('connect'));
    expect(await given.calls(6)).toEqual([
      ...Array<string>(5).fill('SERVICE_BAD_RESPONSE'),
      'SERVICE_UNAVAILABLE',
    ]);
  });

  it('forgets what is older than ten seconds, one bucket after another', async () => {
    const given = givenService();
    given.backend(down);
    for (let second = 0; second < 40; second += 1) {
      await given.calls(1);
      given.forward(1000);
    }
    expect(given.changes).toEqual([]);
    await given.calls(12);
    expect(given.changes).toMatchObject([{ to: 'open' }]);
  });
});

describe('what is no failure', () => {
  it('a client that leaves', async () => {
    const given = givenService();
    const gone = new GatewayError('CANCELLED', 'The client closed the connection');
    given.backend((call) => {
      call.cancellation.cancel(gone);
      return Promise.reject(gone);
    });
    expect(await given.calls(40)).toEqual(Array<string>(40).fill(String(gone)));
    expect(given.changes).toEqual([]);
  });

  it('an answer that says no', async () => {
    const given = givenService();
    given.backend(failing('answered'));
    await given.calls(40);
    expect(given.changes).toEqual([]);
  });

  it('a call whose client was in more of a hurry than the service may be', async () => {
    const given = givenService();
    given.backend(() => {
      given.forward(20);
      return failing('timeout')();
    });
    await given.calls(40);
    expect(given.changes).toEqual([]);
  });
});

describe('half-open', () => {
  it('lets three calls through at a time, refuses the others, and closes after three successes', async () => {
    const given = givenService();
    given.backend(down);
    await given.calls(20);
    given.forward(1100);
    given.backend(() => Promise.resolve('fine'));
    const answers = await Promise.all(Array.from({ length: 10 }, () => given.call().catch(codeOf)));
    expect(answers).toEqual([
      ...Array<string>(3).fill('fine'),
      ...Array<string>(7).fill('SERVICE_UNAVAILABLE'),
    ]);
    expect(given.changes.map(({ to }) => to)).toEqual(['open', 'half-open', 'closed']);
    expect(await given.calls(5)).toEqual(Array<string>(5).fill('fine'));
  });

  it('opens again, for longer, after one failure', async () => {
    const given = givenService();
    given.backend(down);
    await given.calls(20);
    given.forward(1100);
    await given.calls(1);
    expect(given.changes.map(({ to, openMs }) => [to, openMs])).toEqual([
      ['open', 1000],
      ['half-open', 0],
      ['open', 2000],
    ]);
  });

  it('gets the permit of a cancelled probe back', async () => {
    const given = givenService({ policy: { breaker: { halfOpenPermits: 1 } } });
    given.backend(down);
    await given.calls(20);
    given.forward(1100);
    const gone = new GatewayError('CANCELLED', 'The client closed the connection');
    given.backend((call) => {
      call.cancellation.cancel(gone);
      return Promise.reject(gone);
    });
    await given.calls(1);
    given.backend(() => Promise.resolve('fine'));
    expect(await given.calls(1)).toEqual(['fine']);
    expect(given.changes.at(-1)).toMatchObject({ to: 'closed' });
  });

  it('is not closed by the late success of a call that began before it opened', async () => {
    const given = givenService();
    let answer: (value: string) => void = () => undefined;
    given.backend(() => new Promise((resolve) => (answer = resolve)));
    const early = given.call();
    given.backend(down);
    await given.calls(20);
    given.forward(1100);
    answer('late');
    expect(await early).toBe('late');
    expect(given.service.breaker.state).toBe('open');
  });
});

describe('configuration', () => {
  it('a service may switch its breaker off, or be refused by hand', async () => {
    const off = givenService({ policy: { breaker: { mode: 'disabled' } } });
    off.backend(down);
    await off.calls(60);
    expect([off.sent.length, off.changes]).toEqual([60, []]);
    const shut = givenService({ policy: { breaker: { mode: 'open' } } });
    expect(await shut.calls(2)).toEqual(['SERVICE_UNAVAILABLE', 'SERVICE_UNAVAILABLE']);
    expect(shut.sent).toEqual([]);
  });

  it('refusals are told as events', async () => {
    const given = givenService({ policy: { breaker: { mode: 'open' } } });
    const told: string[] = [];
    given.events.on('callRefused', ({ service, reason }) => told.push(`${service} ${reason}`));
    await given.calls(2);
    expect(told).toEqual(['shop breaker open', 'shop breaker open']);
  });
});

import { describe, expect, it } from 'vitest';

import { requestContext } from '../../test/support/context.ts';
import { readRequest } from '../../test/support/read.ts';
import { anonymous, type Principal } from '../pipeline/principal.ts';
import { Cancellation } from '../shared/cancellation.ts';
import { GatewayError } from '../shared/errors.ts';
import { WaitingRequests, type WaitingLimits } from './waiting-requests.ts';

describe('requests that wait for the planner', () => {
  it('are refused where their client has too many, and only those', async () => {
    const { wait, waiting } = given({ perClientMax: 2 });
    const first = [wait('a'), wait('a')];
    await expect(wait('a').answer).rejects.toMatchObject({
      code: 'PLANNING_QUOTA_EXCEEDED',
      public: { retryAfter: 1 },
    });
    const other = wait('b');
    for (const request of [...first, other]) request.resolve('planned');
    expect(await Promise.all([...first, other].map(({ answer }) => answer))).toEqual(
      Array(3).fill('planned'),
    );
    expect(waiting.count).toBe(0);
  });

  it.each([
    ['by number', { max: 10 }, 1],
    ['by what they hold', { bytesMax: 1000 }, 100],
  ])('make room for others %s, the newest of whoever has most first', async (_how, limits, bytes) => {
    const { wait, waiting } = given(limits);
    const small = wait('few', { bytes });
    const large = Array.from({ length: 9 }, () => wait('many', { bytes }));
    const late = Array.from({ length: 3 }, () => wait('late', { bytes }));
    const crowdedOut = await Promise.allSettled(large.slice(-3).map(({ answer }) => answer));
    expect(
      crowdedOut.map((request) => request.status === 'rejected' && (request.reason as GatewayError).code),
    ).toEqual(Array(3).fill('PLANNING_QUOTA_EXCEEDED'));
    expect(waiting.count).toBe(10);
    // Whoever has most is the one who asks.
    await expect(wait('many', { bytes }).answer).rejects.toMatchObject({ code: 'PLANNING_QUOTA_EXCEEDED' });
    const left = [small, ...large.slice(0, 6), ...late];
    for (const request of left) request.resolve('planned');
    expect(await Promise.all(left.map(({ answer }) => answer))).toEqual(Array(10).fill('planned'));
  });

  it('end at their deadline as late planning, and otherwise as they were cancelled', async () => {
    const { wait, waiting } = given();
    const [late, gone] = [wait('a'), wait('a')];
    late.cancellation.cancel(new GatewayError('SERVICE_TIMEOUT', 'The deadline has passed'));
    gone.cancellation.cancel(new GatewayError('CANCELLED', 'The client left'));
    await expect(late.answer).rejects.toMatchObject({ code: 'PLANNING_TIMEOUT' });
    await expect(gone.answer).rejects.toMatchObject({ code: 'CANCELLED' });
    expect([late.left(), gone.left(), waiting.count]).toEqual([1, 1, 0]);
    const before = new Cancellation();
    before.cancel(new GatewayError('CANCELLED', 'The client left'));
    const never = wait('a', { cancellation: before });
    await expect(never.answer).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(never.begun()).toBe(0);
  });

  it('leave once they have their answer, good or bad', async () => {
    const { wait, waiting } = given();
    const [good, bad] = [wait('a'), wait('a')];
    good.resolve('planned');
    bad.reject(new GatewayError('PLANNING_TIMEOUT', 'slow'));
    expect(await good.answer).toBe('planned');
    await expect(bad.answer).rejects.toThrow('slow');
    expect([good.left(), bad.left(), waiting.count]).toEqual([1, 1, 0]);
  });

  it('are told apart by who they are from, where that is proven', async () => {
    const { wait } = given();
    const authenticated = (subject: string, issuer = 'i'): Principal => ({
      subject,
      issuer,
      client: null,
      tier: null,
      roles: [],
      scopes: [],
      claims: {},
      provenBy: 'jwt',
      validUntilMs: null,
    });
    const unauthenticated: Principal = {
      ...authenticated(''),
      subject: null,
      issuer: null,
      provenBy: 'none',
    };
    const clients = [
      wait('10.0.0.1', { principal: authenticated('ann') }),
      wait('10.0.0.2', { principal: authenticated('ann') }),
      wait('10.0.0.1', { principal: authenticated('bob') }),
      wait('10.0.0.1', { principal: authenticated('ann', 'other') }),
      wait('10.0.0.1', { principal: unauthenticated }),
      wait('10.0.0.1'),
    ].map(({ client }) => client());
    expect(clients[0]).toBe(clients[1]);
    expect(new Set(clients).size).toBe(4);
    expect(clients.slice(4)).toEqual(['10.0.0.1', '10.0.0.1']);
  });
});

interface RequestOptions {
  readonly bytes?: number;
  readonly cancellation?: Cancellation;
  readonly principal?: Principal;
}

function given(limits: Partial<WaitingLimits> = {}) {
  const waiting = new WaitingRequests({ perClientMax: 100, max: 1000, bytesMax: 1_000_000, ...limits });
  /** A request from this address, and its answer to settle. */
  function wait(clientAddress: string, options: RequestOptions = {}) {
    const { bytes: bodyBytes = 1, cancellation = new Cancellation(), principal = anonymous } = options;
    const context = requestContext({ clientAddress, cancellation, principal });
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    let [begun, left, client] = [0, 0, ''];
    const answer = waiting.wait(readRequest({ context, bodyBytes, query: '' }), (name) => {
      begun += 1;
      client = name;
      return { answer: promise, leave: () => (left += 1) };
    });
    answer.catch(() => {});
    return {
      answer,
      resolve,
      reject,
      cancellation,
      begun: () => begun,
      left: () => left,
      client: () => client,
    };
  }
  return { waiting, wait };
}

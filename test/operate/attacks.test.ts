/**
 * What attackers send to a gateway over HTTP: hostile documents, and operations that are never the same twice. With
 * TRIBUTARY_SOAK=1 the latter go on for ten minutes.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { bodies, bodyGraph, bodyOf } from '../guard/bodies.ts';
import { corpus } from '../guard/corpus.ts';
import { ask, type GraphqlReply, send as sendRequest } from '../support/ask.ts';
import { expectNoLeak } from '../support/leaks.ts';
import { attackedGateway, slowGateway, type AttackedGateway } from '../support/slow-gateway.ts';

const isSoak = process.env.TRIBUTARY_SOAK === '1';
const soakMs = 600_000;
const uniqueInCi = 2000;
const uniqueAtOnce = 4;
/** Of the main thread, which the caches are in; they hold one megabyte here. */
const heapGrowthMbMax = 5;
/** The largest documents of the corpus must reach the guard. */
const config = [
  'server:',
  '  bodyBytesMax: 8388608',
  'limits:',
  '  preparedOperationsMax: 500',
  '  preparedOperationsBytesMax: 1000000',
];
const strict = { accept: 'application/graphql-response+json' };

let slow: AttackedGateway;
beforeAll(async () => {
  slow = await slowGateway(2, config);
});
afterAll(async () => {
  await slow.close();
});

describe('a hostile document', () => {
  it.each(corpus)(
    'is refused, costs no backend a call, and leaves the gateway well: $name',
    async (hostile) => {
      const before = slow.backend.calls;
      const reply = await send(hostile.make(hostile.size), strict);
      expect({ status: reply.status, calls: slow.backend.calls - before }).toEqual({ status: 400, calls: 0 });
      expect(codesAllowed(hostile.expected)).toContain(reply.errors?.[0]?.extensions['code']);
      expect(reply.text.length).toBeLessThan(300_000);
      expectNoLeak(reply.text);

      expect(await send('{ quick0 }')).toMatchObject({ status: 200, data: { quick0: 1 } });
      expect(slow.backend.calls - before).toBe(1);
    },
  );
});

describe('a hostile body', () => {
  const bytesMax = 262_144;
  let attacked: AttackedGateway;
  beforeAll(async () => {
    attacked = await attackedGateway(bodyGraph, []);
  });
  afterAll(() => attacked.close());

  it.each(bodies)('is answered or refused in few words: $name', async ({ make, expected }) => {
    const body = bodyOf(make, bytesMax);
    expect(body.length).toBeGreaterThan(bytesMax * 0.4);
    expect(body.length).toBeLessThanOrEqual(bytesMax);
    const headers = { ...strict, 'content-type': 'application/json' };
    const reply = await sendRequest(attacked.gateway.url, { method: 'POST', headers, body });
    const codes = new Set((reply.errors ?? []).map(({ extensions }) => extensions['code']));
    expect([...codes]).toEqual(expected === 'answered' ? [] : [expected]);
    expect(reply.status).toBe(expected === 'answered' ? 200 : 400);
    expect(reply.text.length).toBeLessThan(50_000);
    expectNoLeak(reply.text);
  });
});

describe('operations that are never the same twice', { timeout: isSoak ? soakMs * 2 : 120_000 }, () => {
  it('are all answered, and memory stays where it is once the caches are full', async () => {
    let sent = 0;
    const sendUntil = async (isEnough: () => boolean): Promise<void> => {
      const client = async (): Promise<void> => {
        while (!isEnough()) {
          const name = `u${(sent += 1)}`;
          expect(await send(`{ ${name}: quick0 }`)).toMatchObject({ status: 200, data: { [name]: 1 } });
        }
      };
      await Promise.all(Array.from({ length: uniqueAtOnce }, client));
    };
    await sendUntil(() => sent >= uniqueInCi / 2);
    const full = await slow.gateway.gauges();
    const endMs = performance.now() + soakMs;
    await sendUntil(() => (isSoak ? performance.now() >= endMs : sent >= uniqueInCi));
    const end = await slow.gateway.gauges();
    console.log(
      `${sent} unique operations: heap ${full.heapMb.toFixed(1)} MB, then ${end.heapMb.toFixed(1)} MB; ` +
        `process with its planners ${full.residentMb.toFixed(0)} MB, then ${end.residentMb.toFixed(0)} MB`,
    );
    expect(end.heapMb - full.heapMb).toBeLessThan(heapGrowthMbMax);
  });
});

function send(query: string, headers: Readonly<Record<string, string>> = {}): Promise<GraphqlReply> {
  return ask(slow.gateway.url, query, { headers });
}

/** What the guard lets through or cannot read is refused by the parser or by validation, and an empty text before that. */
function codesAllowed(expected: string): readonly string[] {
  return expected === 'accepted' || expected === 'unreadable'
    ? ['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_REQUEST']
    : [expected];
}

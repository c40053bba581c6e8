/** Keys for signed identity that the gateway makes itself: the same in all of its processes. */
import { decodeProtectedHeader } from 'jose';
import { expect, it, onTestFinished } from 'vitest';

import { signed, signingKey } from '../auth/support/provider.ts';
import { gatewayIssuer, settingsWith, verifyingSubgraphs } from '../auth/support/verifying-subgraphs.ts';
import { ask } from '../support/ask.ts';
import { servedAt, tributary } from '../support/tributary.ts';

const issuer = 'https://idp.example';

it('every worker process signs with the key that any of them publishes', async () => {
  const key = await signingKey('ES256', 'idp');
  const identity = `rule: signed, signed: { issuer: "${gatewayIssuer}" }`;
  const backends = await verifyingSubgraphs({ 'gateway.yaml': settingsWith(issuer, key.jwk, identity) });
  onTestFinished(() => backends.close());
  const running = tributary(
    ['serve', '--graph', 'graph.yaml', '--config', 'gateway.yaml', '--port', '0', '--workers', '2'],
    { cwd: backends.folder },
  );
  const url = await servedAt(running);
  await running.printed(/(worker started[^]*){2}/);
  backends.trust(url);
  const authorization = `Bearer ${await signed(key, issuer)}`;
  const workers = new Set<unknown>();
  running.child.stdout?.on('data', (chunk: Buffer) => {
    for (const [, worker] of chunk.toString().matchAll(/"worker":(\d)[^\n]*"msg":"request"/g))
      workers.add(worker);
  });
  await expect
    .poll(async () => {
      // Many at once: each takes a connection of its own.
      await Promise.all(
        Array.from({ length: 8 }, () =>
          ask(url, '{ first }', { headers: { authorization, connection: 'close' } }),
        ),
      );
      return workers.size;
    })
    .toBe(2);
  expect(backends.heard.filter(({ payload }) => payload?.sub !== 'ada')).toEqual([]);
  const ids = backends.heard.map((heard) => decodeProtectedHeader(heard.authorization?.slice(7) ?? '').kid);
  expect(new Set(ids).size).toBe(1);
  const { keys } = (await (await fetch(new URL('/.well-known/jwks.json', url))).json()) as { keys: object[] };
  expect(keys.map((one) => Object.keys(one).sort().join(' '))).toEqual(
    Array(2).fill('alg crv kid kty use x y'),
  );
});

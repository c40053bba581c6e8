import { Socket } from 'node:net';

import { describe, expect, it } from 'vitest';

import { authSchema } from '../config/gateway/auth.ts';
import type { Principal } from '../pipeline/principal.ts';
import type { RequestHead } from '../pipeline/request.ts';
import { Cancellation } from '../shared/cancellation.ts';
import { createAuthenticate, type Provers } from './authenticate.ts';
import { createBackendIdentity } from './identity/backend-headers.ts';
import { type Proof, invalidCredentials, authenticationUnavailable } from './proof.ts';
import { anonymous } from '../pipeline/principal.ts';
import { untraced } from '../shared/trace.ts';

const user: Proof = {
  principal: {
    ...anonymous,
    subject: 'ada',
    roles: ['admin'],
    scopes: ['read:all'],
    tier: 'free',
    provenBy: 'jwt',
    issuer: 'https://idp.example',
    validUntilMs: 2000,
  },
  token: 'T',
};
const key: Proof = {
  principal: {
    ...anonymous,
    client: 'web',
    tier: 'premium',
    scopes: ['read:products'],
    provenBy: 'api-key',
    validUntilMs: 1000,
  },
};

function authenticate(provers: Provers, onMissing: 'anonymous' | 'reject' = 'anonymous') {
  const run = createAuthenticate(provers, createBackendIdentity(authSchema.parse({})), onMissing);
  return async (): Promise<Principal | undefined> => {
    const http = { headers: {}, rawHeaders: [], socket: new Socket() };
    return (await run(context(), http)).principal;
  };
}

it('whoever shows nothing is refused with a reason for the log, where somebody is required', async () => {
  await expect(authenticate({}, 'reject')()).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
    cause: { message: 'the request has no credentials' },
  });
});

describe('a token and an API key together', () => {
  it('say who the user is and which client calls, for as long as both hold', async () => {
    expect(await authenticate({ token: () => user, apiKey: () => key })()).toMatchObject({
      subject: 'ada',
      roles: ['admin'],
      scopes: ['read:all'],
      client: 'web',
      tier: 'premium',
      provenBy: 'jwt',
      validUntilMs: 1000,
    });
  });

  it('are the same principal each time, so that requests of one user may share', async () => {
    const ask = authenticate({ token: () => user, apiKey: () => key });
    expect(await ask()).toBe(await ask());
  });

  it('are another principal with another key', async () => {
    let currentKey = key;
    const ask = authenticate({ token: () => user, apiKey: () => currentKey });
    const first = await ask();
    currentKey = { principal: { ...key.principal, client: 'mobile' } };
    expect(await ask()).toMatchObject({ client: 'mobile' });
    expect(first).toMatchObject({ client: 'web' });
  });

  it('are refused where the token was given to another client', async () => {
    const foreign = { ...user, principal: { ...user.principal, client: 'partner' } };
    await expect(authenticate({ token: () => foreign, apiKey: () => key })()).rejects.toThrow('not valid');
    const same = { ...user, principal: { ...user.principal, client: 'web' } };
    expect(await authenticate({ token: () => same, apiKey: () => key })()).toMatchObject({ client: 'web' });
  });

  it.each(['at once', 'later'])(
    'are refused where one of them is, whichever is asked for %s',
    async (when) => {
      const fail = (): never => {
        throw invalidCredentials('no');
      };
      const refused = when === 'later' ? () => Promise.resolve().then(fail) : fail;
      const late = (proof: Proof) => () => new Promise<Proof>((resolve) => setTimeout(resolve, 1, proof));
      for (const provers of [
        { token: refused, apiKey: () => key },
        { token: () => user, apiKey: refused },
        { token: late(user), apiKey: refused },
        { token: refused, apiKey: late(key) },
        { token: refused, apiKey: refused },
      ])
        await expect(authenticate(provers)()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    },
  );

  it('leave no rejection behind where both fail at different times', async () => {
    const provers: Provers = {
      token: () => new Promise((_, reject) => setTimeout(reject, 1, authenticationUnavailable('later'))),
      apiKey: () => {
        throw invalidCredentials('at once');
      },
    };
    await expect(authenticate(provers)()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    // An unhandled rejection would fail the run.
    await new Promise((resolve) => setTimeout(resolve, 10));
  });
});

it("an API key alone is its client's, with its scopes, and no user's", async () => {
  expect(await authenticate({ token: () => undefined, apiKey: () => key }, 'reject')()).toBe(key.principal);
});

it("a proxy's word counts only where neither is there", async () => {
  const proxy = { principal: { ...anonymous, subject: 'proxied', provenBy: 'trusted-proxy' as const } };
  const provers = { token: () => undefined, trustedProxy: () => proxy };
  expect(await authenticate({ ...provers, apiKey: () => undefined })()).toBe(proxy.principal);
  expect(await authenticate({ ...provers, apiKey: () => key })()).toBe(key.principal);
});

it('a backend that gets the verified token never gets another one', () => {
  const { apply } = createBackendIdentity(authSchema.parse({ identity: { subgraphs: { users: 'token' } } }));
  const forged = { authorization: 'Bearer forged' };
  const head = { ...context(), headers: forged, forwardHeaders: forged };
  const byKey = apply(head, key);
  expect([byKey.headers, byKey.forwardHeaders, byKey.forwardByRule?.token]).toEqual([{}, {}, {}]);
  const byCookie = apply(head, { ...user, token: 'verified' });
  expect(byCookie.forwardByRule?.token).toEqual({ authorization: 'Bearer verified' });
});

function context(): RequestHead {
  return {
    requestId: 'r',
    clientAddress: '127.0.0.1',
    headers: {},
    forwardHeaders: {},
    deadlineAtMs: 0,
    cancellation: new Cancellation(),
    trace: untraced,
    locals: new Map(),
  };
}

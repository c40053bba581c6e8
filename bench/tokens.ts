/**
 * What authentication costs a request: microseconds of CPU for a token that was verified a moment ago, with and without
 * what backends are told of it, for one that its issuer was asked about, and for one that is new. Run: node bench/tokens.ts
 */

import { Socket } from 'node:net';

import { exportJWK, generateKeyPair, SignJWT } from 'jose';

import { createAuthenticate } from '../src/authn/authenticate.ts';
import { createBackendIdentity } from '../src/authn/identity/backend-headers.ts';
import { Signer } from '../src/authn/identity/signer.ts';
import { newSigningKeys } from '../src/authn/identity/signing-keys.ts';
import { createTokens } from '../src/authn/jwt/tokens.ts';
import { anonymous } from '../src/pipeline/principal.ts';
import { authSchema } from '../src/config/gateway/auth.ts';
import { Cancellation } from '../src/shared/cancellation.ts';
import { untraced } from '../src/shared/trace.ts';

const rounds = 10;

const { publicKey, privateKey } = await generateKeyPair('RS256');
const issuer = 'https://idp.example';
const introspection = { clientId: 'gateway', clientSecret: 'secret' };
const config = authSchema.parse({
  jwt: {
    issuers: [
      { issuer, keys: [await exportJWK(publicKey)], audience: 'shop', algorithms: ['RS256'], introspection },
    ],
  },
});
if (!config.jwt) throw new Error('no jwt');
const tokens = createTokens(config.jwt, {
  fetch: (url) => Promise.resolve(Response.json(saidAt(url))),
  now: () => performance.now(),
  wallClock: Date.now,
  networkOf: (address) => address,
  onFailure: ({ reason }) => console.error(reason),
});

const token = await signed('ada');
const headers = {
  host: 'shop.example',
  accept: 'application/json',
  'content-type': 'application/json',
  'user-agent': 'bench',
  'content-length': '100',
  authorization: `Bearer ${token}`,
};
const http = { headers, rawHeaders: [], socket: new Socket() };
const request = { http, clientAddress: '127.0.0.1' };
const context = {
  requestId: 'r-1',
  clientAddress: '127.0.0.1',
  headers,
  forwardHeaders: {},
  deadlineAtMs: 0,
  cancellation: new Cancellation(),
  trace: untraced,
  locals: new Map(),
};
const authenticate = createAuthenticate({ token: tokens.prove }, createBackendIdentity(config), 'reject');

// The first check is the one that verifies.
if (!(await tokens.prove(request))) throw new Error('the token is not accepted');
if (tokens.prove(request) instanceof Promise) throw new Error('the token is not kept');
const hitUs = bestUs(() => tokens.prove(request));
const stageUs = bestUs(() => authenticate(context, http));
const signer = new Signer(await newSigningKeys('ES256'), { issuer, lifetimeSeconds: 60 }, Date.now);
const signing = authSchema.parse({ ...config, identity: { rule: 'signed', signed: { issuer } } });
const authenticateSigned = createAuthenticate(
  { token: tokens.prove },
  createBackendIdentity(signing, signer),
  'reject',
);
const signedUs = bestUs(() => toldOf(authenticateSigned(context, http)));
const { principal } = (await tokens.prove(request)) ?? { principal: anonymous };
const unkeptUs = bestUs(() => signer.identityOf({ ...principal }).tokenFor('products'));
let others = 0;
const signatureUs = bestUs(
  () => signer.identityOf({ ...principal, subject: `${(others += 1)}` }).tokenFor('products'),
  500,
);
const opaque = {
  ...request,
  http: { ...http, headers: { ...headers, authorization: `Bearer ${'o'.repeat(43)}` } },
};
if (!(await tokens.prove(opaque))) throw new Error('the opaque token is not accepted');
if (tokens.prove(opaque) instanceof Promise) throw new Error('the opaque token is not kept');
const opaqueUs = bestUs(() => tokens.prove(opaque));
const fresh = await Promise.all(Array.from({ length: 2000 }, (_, i) => signed(`user-${i}`)));
const began = process.cpuUsage();
for (const one of fresh) {
  const shown = { ...http, headers: { authorization: `Bearer ${one}` } };
  await tokens.prove({ ...request, http: shown });
}
const { user, system } = process.cpuUsage(began);

console.log(`a token of ${token.length} characters, RS256`);
console.log(`verified before: ${hitUs.toFixed(2)} us; the whole stage: ${stageUs.toFixed(2)} us`);
console.log(`introspected before: ${opaqueUs.toFixed(2)} us`);
console.log(`the whole stage with identity signed for one subgraph: ${signedUs.toFixed(2)} us`);
console.log(`of it, for a proof that is another object each time: ${unkeptUs.toFixed(2)} us`);
console.log(`a new signature, ES256: ${signatureUs.toFixed(1)} us`);
console.log(`new: ${((user + system) / fresh.length).toFixed(1)} us`);

/** What an issuer that does introspection answers; keys are in the configuration. */
function saidAt(url: string): object {
  if (url.endsWith('/openid-configuration'))
    return { issuer, introspection_endpoint: `${issuer}/introspect` };
  return { active: true, sub: 'ada', token_type: 'Bearer', exp: Date.now() / 1000 + 3600, scope: 'read' };
}

function signed(sub: string): Promise<string> {
  return new SignJWT({ scope: 'read:products write:orders', roles: ['admin'], tenant: 't1' })
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt' })
    .setIssuer(issuer)
    .setAudience('shop')
    .setSubject(sub)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(privateKey);
}

/** What one subgraph is told. */
function toldOf(told: ReturnType<typeof authenticateSigned>): unknown {
  if (told instanceof Promise) throw new Error('the token is not kept');
  return told.signedFor?.('products');
}

/** CPU of the best round, in microseconds a call: other processes take time, but none of ours. */
function bestUs(call: () => unknown, callsInRound = 20_000): number {
  let best = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const start = process.cpuUsage();
    for (let calls = 0; calls < callsInRound; calls += 1) call();
    const used = process.cpuUsage(start);
    best = Math.min(best, (used.user + used.system) / callsInRound);
  }
  return best;
}

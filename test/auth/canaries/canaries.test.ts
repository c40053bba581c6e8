/** What is secret stays where it belongs: not in the log, not in errors, not in the audit, whatever goes wrong. */
import { describe, expect, it } from 'vitest';

import { leaksOf, secretsFor } from './finder.ts';
import { runEverything } from './run.ts';
import type { ClientResponse } from './scenario.ts';

describe.each(['direct', 'apollo'])('through the %s front', (front) => {
  it('no secret of client, configuration or backend is in the log, errors, the audit or Redis', async () => {
    const { secrets, responses, log, audit, metrics, redis, listed, planted, keyId } =
      await runEverything(front);
    for (const [name, secret] of Object.entries(secrets))
      expect([name, secret.length > 20]).toEqual([name, true]);
    expect(leaksOf(secrets, { log, audit, metrics, redis, ...answersOf(responses) })).toEqual([]);

    // All of it happened, and was written down.
    expect(metrics).toContain('gateway_errors_total{code="DEBUG_TOKEN_REFUSED",service=""} 1');
    expect(responses.filter(({ text }) => text.includes('"debug":{'))).toHaveLength(1);
    const statuses = new Set(responses.map(({ status }) => status));
    expect(statuses).toEqual(new Set([200, 400, 401, 403, 404, 405, 406, 413, 415, 431, 503]));
    for (const text of [
      'field failed',
      'slow operation',
      '"msg":"bodies"',
      'not authenticated',
      '"msg":"defect"',
      'AUTHORIZATION_FAILED',
      'graph is invalid',
      'closed',
    ])
      expect([text, log.includes(text)]).toEqual([text, true]);
    for (const outcome of ['allow', 'deny', 'mask']) expect(audit).toContain(`"outcome":"${outcome}"`);

    // The values that may leak are found where they are expected.
    expect(redis).toContain(keyId);
    expect(leaksOf({ listed }, { audit })).toEqual([
      expect.stringContaining('audit has the secret "listed" as plain text'),
    ]);
    expect(leaksOf({ planted }, { log })).toEqual([
      expect.stringContaining('log has the secret "planted" as plain text'),
    ]);
  });
});

it.each<[string, (secret: string) => string]>([
  ['as it is', (secret) => secret],
  ['in small letters', (secret) => secret.toLowerCase()],
  ['in a URL', (secret) => encodeURIComponent(`a b&${secret}=`)],
  ['in JSON in JSON', (secret) => JSON.stringify(JSON.stringify({ '"': `"${secret}"` }))],
  ['in hexadecimal', (secret) => Buffer.from(secret).toString('hex')],
  ['in base64', (secret) => Buffer.from(secret).toString('base64')],
  ['in base64 after one byte', (secret) => Buffer.from(`"${secret}"`).toString('base64')],
  ['in a token', (secret) => Buffer.from(JSON.stringify({ sub: secret })).toString('base64url')],
])('a secret is found %s', (_, form) => {
  const secrets = secretsFor('one', 'other');
  expect(leaksOf(secrets, { log: `before ${form(secrets.one)} after`, answer: 'nothing' })).toEqual([
    expect.stringMatching(/^log has the secret "one"/),
  ]);
});

function answersOf(responses: readonly ClientResponse[]): Record<string, string> {
  return Object.fromEntries(
    responses.map(({ sent, text }, i) => [`answer ${i} to ${sent.slice(0, 80)}`, text]),
  );
}

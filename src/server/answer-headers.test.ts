import { describe, expect, it } from 'vitest';

import { requestContext } from '../../test/support/context.ts';
import { readRequest } from '../../test/support/read.ts';
import { loadGatewayConfig, type GatewayConfig } from '../config/gateway/gateway-config.ts';
import { serviceHeaders } from '../config/gateway/transport.ts';
import { anonymous } from '../pipeline/principal.ts';
import type { Keep } from '../pipeline/stages.ts';
import { answerHeaderRules } from '../sources/headers/answer-header-rules.ts';
import { answerLabels, hasHighBytes } from './answer-headers.ts';

const config = await loadGatewayConfig(undefined, { environment: {} });

interface Given {
  readonly keep?: Keep;
  readonly status?: number;
  readonly errors?: number;
  /** Of the answers of services. */
  readonly services?: ReadonlyArray<Readonly<Record<string, string>>>;
  /** Of plugins. */
  readonly own?: Readonly<Record<string, string>>;
  readonly isProven?: boolean;
  readonly settings?: Partial<GatewayConfig>;
}

function headersOf(given: Given) {
  const { keep = 'allowed', status = 200, errors = 0, services = [], own = {}, settings = {} } = given;
  const principal = given.isProven ? { ...anonymous, provenBy: 'jwt' as const } : anonymous;
  const context = requestContext({ principal });
  const rules = answerHeaderRules(
    'one',
    serviceHeaders.parse({ respond: ['cache-control', 'vary', 'set-cookie'] }),
  );
  for (const headers of services) rules.add(context, rules.of(headers));
  return answerLabels({ ...config, ...settings }).answered(readRequest({ context }), {
    status,
    mediaType: 'application/json',
    text: '{}',
    later: null,
    operationName: null,
    client: null,
    operationKind: 'query',
    errorCounts: errors === 0 ? [] : [{ code: 'SERVICE_ERROR', service: 'one', count: errors }],
    keep,
    headers: own,
  }).headers;
}

const publicMinute = { 'cache-control': 'public, max-age=60' };

describe('who may keep an answer', () => {
  it.each<[string, Given, string]>([
    ['of a service without the header: no-store', { services: [{}] }, 'no-store'],
    ['of no service: no-store', {}, 'no-store'],
    ['of a service that allows it: as the service says', { services: [publicMinute] }, 'max-age=60, public'],
    [
      'of several: as the strictest says',
      { services: [publicMinute, { 'cache-control': 'private, max-age=5' }] },
      'max-age=5, private',
    ],
    ['of several, one without the header: no-store', { services: [publicMinute, {}] }, 'no-store'],
    ['with an error: no-store', { services: [publicMinute], errors: 1 }, 'no-store'],
    ['with another status: no-store', { services: [publicMinute], status: 503 }, 'no-store'],
    ['of a mutation: no-store', { services: [publicMinute], keep: 'nobody' }, 'no-store'],
    ['with rules: its client', { services: [publicMinute], keep: 'client' }, 'max-age=60, private'],
    ['for a proven client: that one', { services: [publicMinute], isProven: true }, 'max-age=60, private'],
    [
      'with a cookie of a service: its client',
      { services: [publicMinute, { ...publicMinute, 'set-cookie': 'visitor=1' }] },
      'max-age=60, private',
    ],
    [
      'with a cookie of a plugin: its client',
      { services: [publicMinute], own: { 'set-cookie': 'visitor=1' } },
      'max-age=60, private',
    ],
    [
      'that a plugin allows for less: as the plugin says',
      { services: [publicMinute], own: { 'cache-control': 'public, max-age=3' } },
      'max-age=3, public',
    ],
    [
      'that a plugin allows for more: as the service says',
      { services: [publicMinute], own: { 'cache-control': 'public, max-age=300' } },
      'max-age=60, public',
    ],
  ])('%s', (_, given, control) => expect(headersOf(given)['cache-control']).toBe(control));
});

describe('what an answer varies by', () => {
  const names = (given: Given): string[] => String(headersOf(given)['vary']).split(', ');

  it('is the media type, and what services and plugins name, each once', () => {
    expect(names({})).toContain('accept');
    const many = names({ services: [{ vary: 'X-Tenant, Accept' }], own: { vary: 'x-tenant, x-shop' } });
    expect(many).toEqual([...new Set(many)]);
    expect(many).toEqual(expect.arrayContaining(['accept', 'x-tenant', 'x-shop']));
  });

  it('is everything where a service says so', () => {
    expect(names({ services: [{ vary: 'accept, *' }] })).toEqual(['*']);
  });
});

it.each([
  [{ a: 'plain', b: ['x', 'y'] }, false],
  [{ a: 'caf\u00e9' }, true],
  [{ a: 'plain', b: ['x', '\u0080'] }, true],
  [{}, false],
])('bytes beyond ASCII are found in any line of a header: %j', (headers, expected) => {
  expect(hasHighBytes(headers)).toBe(expected);
});

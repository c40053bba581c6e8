import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { AnswerError } from '../pipeline/answer.ts';
import { GatewayError } from '../shared/errors.ts';
import { formatFieldError, formatRequestError, scrub, publicCode } from './graphql-errors.ts';

const ofBackend: AnswerError = {
  message: 'Out of stock',
  code: 'OUT_OF_STOCK',
  path: ['product', 0, 'inStock'],
  locations: [{ line: 1, column: 3 }],
  service: 'inventory',
  fromBackend: true,
  extensions: { left: 0, stacktrace: ['at /srv/app.js:1'], code: 'OUT_OF_STOCK', requestId: 'theirs' },
};

describe('an error of a field', () => {
  it('passes the message of the service if the policy allows it', () => {
    expect(formatFieldError(ofBackend, { requestId: 'r1' }, { backendMessages: 'pass' })).toEqual({
      message: 'Out of stock',
      path: ['product', 0, 'inStock'],
      locations: [{ line: 1, column: 3 }],
      extensions: { left: 0, code: 'OUT_OF_STOCK', service: 'inventory', requestId: 'r1' },
    });
  });

  it('has none of those words where they are redacted, but for a code that is a name', () => {
    expect(formatFieldError(ofBackend, { requestId: 'r1' }, { backendMessages: 'redact' })).toEqual({
      message: 'inventory answered with an error',
      path: ['product', 0, 'inStock'],
      locations: [{ line: 1, column: 3 }],
      extensions: { code: 'OUT_OF_STOCK', service: 'inventory', requestId: 'r1' },
    });
  });

  it.each([
    ['OUT_OF_STOCK', 'redact', 'OUT_OF_STOCK'],
    ['user 4711 is blocked', 'redact', 'SERVICE_ERROR'],
    ['user 4711 is blocked', 'pass', 'user 4711 is blocked'],
    ['a'.repeat(65).toUpperCase(), 'redact', 'SERVICE_ERROR'],
  ] as const)('with the code %j is shown under the policy "%s" as %j', (code, backendMessages, shown) => {
    expect(publicCode({ ...ofBackend, code }, { backendMessages })).toBe(shown);
  });

  it.each([
    [{ code: 'SERVICE_TIMEOUT' }, true],
    [{ code: 'SERVICE_TIMEOUT', retryable: false }, undefined],
    [{ code: 'OUT_OF_STOCK' }, undefined],
    [{ code: 'OUT_OF_STOCK', retryable: true }, true],
    [{ code: 'constructor' }, undefined],
  ])('%j may be tried again: %s', (changes, retryable) => {
    const { extensions } = formatFieldError(
      { ...ofBackend, ...changes },
      { requestId: 'r1' },
      { backendMessages: 'pass' },
    );
    expect(extensions['retryable']).toBe(retryable);
  });

  it('shows no extension that holds an address, a path, or more than 2 kB', () => {
    const extensions = {
      fine: { deep: ['yes'] },
      url: 'http://10.0.0.7:8080/internal',
      nested: { file: '/srv/app/node_modules/x.js:10:2' },
      large: 'x'.repeat(3000),
    };
    const shown = formatFieldError(
      { ...ofBackend, extensions },
      { requestId: 'r1' },
      { backendMessages: 'pass' },
    );
    expect(Object.keys(shown.extensions)).toEqual(['fine', 'code', 'service', 'requestId']);
  });
});

describe('the refusal of a whole request', () => {
  it('withholds errors other than GatewayError', () => {
    for (const error of [new Error('secret'), 'secret', { code: 'BAD_REQUEST', message: 'secret' }, null]) {
      expect(formatRequestError(error, { requestId: 'r1' })).toEqual([
        { message: 'Internal error', extensions: { code: 'INTERNAL_ERROR', requestId: 'r1' } },
      ]);
    }
  });

  it('lists each of several errors with the code of all of them', () => {
    const errors = [{ message: 'first', locations: [{ line: 2, column: 1 }] }, { message: 'second' }];
    const error = new GatewayError('GRAPHQL_VALIDATION_FAILED', 'first', { errors, cause: 'not shown' });
    const extensions = { code: 'GRAPHQL_VALIDATION_FAILED', requestId: 'r1' };
    expect(formatRequestError(error, { requestId: 'r1' })).toEqual([
      { message: 'first', locations: [{ line: 2, column: 1 }], extensions },
      { message: 'second', extensions },
    ]);
  });

  it('shows what the error has for the client, which cannot replace code and request', () => {
    const error = new GatewayError('OVERLOADED', 'later', {
      public: { retryAfter: 1, code: 'OTHER', requestId: 'other' },
    });
    expect(formatRequestError(error, { requestId: 'r1' })).toEqual([
      {
        message: 'later',
        extensions: { retryAfter: 1, code: 'OVERLOADED', retryable: true, requestId: 'r1' },
      },
    ]);
  });
});

describe('a message', () => {
  it.each([
    ['cannot reach http://user:pw@10.0.0.7:8080/a?b=c now', 'cannot reach [address] now'],
    ['redis://:secret@cache.internal:6379 is down', '[address] is down'],
    ['connect ECONNREFUSED 127.0.0.1:4101', 'connect ECONNREFUSED [address]'],
    ['ENOENT: /srv/app/config.json', 'ENOENT: [path]'],
    ['at C:\\Users\\app\\index.js:10:2', 'at [path]'],
    ['it failed\n    at run (/srv/app.js:1:1)\n    at main', 'it failed'],
    ['the ratio 1/2 and the date 2026-11-29 stay', 'the ratio 1/2 and the date 2026-11-29 stay'],
    ['version 1.2.3 stays', 'version 1.2.3 stays'],
  ])('%j is shown as %j', (message, shown) => expect(scrub(message)).toBe(shown));

  it('holds no address and no path wherever they stand, and at most 1,000 characters', () => {
    const secret = fc.constantFrom('https://10.1.2.3/x', '10.1.2.3:80', '/etc/tributary/key.pem');
    fc.assert(
      fc.property(
        fc.string({ maxLength: 30 }),
        secret,
        fc.string({ maxLength: 30 }),
        (before, hidden, after) => {
          const shown = scrub(`${before} ${hidden} ${after}`);
          expect(shown).not.toContain('10.1.2.3');
          expect(shown).not.toContain('key.pem');
        },
      ),
    );
    expect(scrub('x'.repeat(5000)).length).toBe(1000);
  });

  it('is scrubbed once: what is left is left as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(scrub(scrub(text))).toBe(scrub(text));
      }),
    );
  });
});

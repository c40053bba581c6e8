import { expect, it } from 'vitest';

import { certificatesSchema } from '../../config/gateway/auth-certificates.ts';
import { alternativeNames } from './alternative-names.ts';
import { createMatchNames } from './name-rules.ts';

const parsed = (...names: object[]) => certificatesSchema.safeParse({ ca: 'ca.pem', names });

function subjectOf(text: string, ...rules: object[]): string | undefined {
  const { names } = certificatesSchema.parse({ ca: 'ca.pem', names: rules });
  const named = createMatchNames(names)(alternativeNames(text));
  return typeof named === 'object' ? named.subject : named;
}

it('reads the plain names of a certificate, and none that Node had to quote', () => {
  const text = String.raw`URI:spiffe://a/b, DNS:C.example, DNS:"d\u002c DNS:e", email:Ada@Mail.Example, IP Address:127.0.0.1, URI:"x", DNS:`;
  expect(alternativeNames(text)).toEqual([
    { kind: 'uri', value: 'spiffe://a/b' },
    { kind: 'dns', value: 'c.example' },
    { kind: 'email', value: 'Ada@mail.example' },
  ]);
  expect(alternativeNames(undefined)).toEqual([]);
  expect(alternativeNames('')).toEqual([]);
});

it('takes what is not a part of a pattern to the letter', () => {
  expect(subjectOf('DNS:axexample', { dns: 'a.example' })).toBeUndefined();
  expect(subjectOf('URI:s://a/xx', { uri: 's://a/x+' })).toBeUndefined();
  expect(subjectOf('URI:s://a/(b)$', { uri: 's://a/({p})$', subject: '<{p}>' })).toBe('<b>');
});

it('lets the first rule count that a name fits, wherever in the certificate the name stands', () => {
  const rules = [
    { dns: 'b.example', subject: 'first' },
    { dns: '{any}.example', subject: 'second' },
  ];
  expect(subjectOf('DNS:x.other, DNS:b.example', ...rules)).toBe('first');
  expect(subjectOf('DNS:a.example, DNS:b.example', ...rules)).toBe('first');
  expect(subjectOf('DNS:a.example, DNS:c.example', ...rules)).toBe('ambiguous');
});

it.each([
  ['no pattern', {}],
  ['two patterns', { dns: 'a', uri: 'b' }],
  ['a part that the pattern does not have', { dns: '{a}.x', subject: '{b}' }],
  ['a part twice', { dns: '{a}.{a}' }],
  ['parts with nothing between', { uri: 's://{a}{b}' }],
  ['a brace too many', { uri: 's://{a}/}' }],
  ['a part without a name', { uri: 's://{}/x' }],
])('a rule is refused with %s', (_what, rule) => {
  expect(parsed(rule).success).toBe(false);
});

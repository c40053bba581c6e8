/** What a report prints to be committed is read as an override of its finding, once its reason is written. */

import { expect, it } from 'vitest';

import { overrideSnippet } from '../../src/checks/outputs/override-snippet.ts';
import { applyPolicy } from '../../src/checks/policy/policy.ts';
import { defaultChecksPolicy } from '../../src/config/checks/checks-file.ts';
import { readOverrides } from '../../src/config/checks/override-files.ts';
import { finding } from './support/policy-input.ts';

const options = { approver: 'web-team', expires: '2026-12-31' };

it.each([
  ['a finding of a client', finding()],
  ['one of everybody without an element', finding({ client: null, coordinate: null })],
  ['a fingerprint of digits', finding({ fingerprint: '1234567890123456' })],
  ['a fingerprint that looks like a number', finding({ fingerprint: '1234567890123e45' })],
  ['a fingerprint of zeros', finding({ fingerprint: '0000000000000000' })],
  ['an argument', finding({ coordinate: 'Order.note(size:)' })],
  ['names that YAML reads otherwise', finding({ client: 'no', coordinate: 'null', rule: 'true' })],
  ['a client of digits', finding({ client: '0123' })],
  ['names of what every object has', finding({ client: 'constructor', coordinate: '__proto__.toString' })],
])('for %s', async (_what, one) => {
  const { file, text } = overrideSnippet(one, { ...options, graphFile: 'schemas/graph.yaml' });
  await expect(readOverrides([{ file, text }])).rejects.toThrow(
    'reason: expected what it is, not a placeholder',
  );
  const written = text.replace('reason: ""', 'reason: "Nobody reads it any more"');
  const overrides = await readOverrides([{ file, text: written }]);
  const { fingerprint, rule, client, coordinate } = one;
  expect(overrides).toMatchObject([{ fingerprint, rule, client, coordinate, ...options, file }]);
  const input = { policy: defaultChecksPolicy, clients: [], removedElements: [], owned: [] };
  const decided = applyPolicy([one], { ...input, overrides, now: new Date('2026-12-31T23:59:59Z') });
  expect(decided).toMatchObject([{ override: { fingerprint, ...options } }]);
});

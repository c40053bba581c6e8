import { describe, expect, it } from 'vitest';

import { applied } from '../../../test/checks/support/policy-input.ts';
import type { OwnedPart } from './owners.ts';

describe('owners', () => {
  const part = (owner: string | null, change: Partial<OwnedPart> = {}): OwnedPart => ({
    kind: 'subgraph',
    name: 'orders',
    owner,
    file: 'schemas/graph.yaml',
    ...change,
  });
  it.each<readonly [string, OwnedPart, string, readonly string[]]>([
    ['are required', part(null), '', ['owner-missing']],
    ['are not blank', part(' '), '', ['owner-missing']],
    ['are required only by the policy', part(null), 'owners: { required: false }', []],
    ['are any by default', part('anybody'), '', []],
    ['are those of the policy', part('anybody'), 'owners: { allowed: [a-team] }', ['owner-not-allowed']],
    [
      'of clients are those of the policy',
      part('b', { kind: 'client' }),
      'owners: { allowed: [a-team] }',
      ['owner-not-allowed'],
    ],
    ['of the policy are allowed', part('a-team'), 'owners: { allowed: [a-team] }', []],
  ])('%s', async (_what, owned, yaml, expected) => {
    const findings = await applied([], yaml, { owned: [owned] });
    expect(findings.map(({ rule }) => rule)).toEqual(expected);
  });
});

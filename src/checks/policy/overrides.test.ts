import { describe, expect, it } from 'vitest';

import { defaultChecksPolicy, readChecksPolicy } from '../../config/checks/checks-file.ts';
import type { OverrideEntry } from '../../config/checks/override-files.ts';
import { newFinding } from '../new-finding.ts';
import type { Finding } from '../report.ts';
import { applyPolicy, type PolicyInput } from './policy.ts';

const clients = [
  { name: 'web', owner: 'web-team', operations: 0, calls: 0 },
  { name: 'partner', owner: 'partner-team', operations: 0, calls: 0 },
];
const input: PolicyInput = {
  policy: defaultChecksPolicy,
  overrides: [],
  clients,
  removedElements: [],
  owned: [],
  now: new Date('2026-11-29T23:00:00Z'),
};
const removal = newFinding({
  rule: 'field-removed',
  stage: 'diff',
  severity: 'error',
  client: 'web',
  coordinate: 'Order.note',
  message: 'Order.note was removed',
});

function override(change: Partial<OverrideEntry> = {}): OverrideEntry {
  return {
    fingerprint: removal.fingerprint,
    rule: null,
    client: null,
    coordinate: null,
    reason: 'Nobody reads it any more',
    approver: 'web-team',
    expires: '2026-12-31',
    file: 'schemas/policy/overrides/note.yaml',
    ...change,
  };
}

const apply = (one: Finding, ...overrides: OverrideEntry[]) => applyPolicy([one], { ...input, overrides });

describe('an override', () => {
  it('accepts the finding that it names, which keeps its severity', () => {
    const { rule: _rule, client: _client, coordinate: _coordinate, ...stated } = override();
    expect(apply(removal, override())).toEqual([{ ...removal, override: stated }]);
  });

  it('accepts what it says in full', () => {
    const full = override({ rule: 'field-removed', client: 'web', coordinate: 'Order.note' });
    expect(apply(removal, full)).toMatchObject([{ override: { approver: 'web-team' } }]);
  });

  it.each<readonly [string, Partial<OverrideEntry>, boolean, string | null]>([
    ['holds on its last day', { expires: '2026-11-29' }, true, null],
    ['does not hold after its last day', { expires: '2026-11-28' }, false, 'override-expired'],
    ['of another fingerprint is unused', { fingerprint: '0'.repeat(16) }, false, 'override-unused'],
    [
      'of another fingerprint that expired is said to be expired',
      { fingerprint: '0'.repeat(16), expires: '2026-01-01' },
      false,
      'override-expired',
    ],
    ['of another rule does not count', { rule: 'type-removed' }, false, 'override-mismatch'],
    ['of another client does not count', { client: 'partner' }, false, 'override-mismatch'],
    ['of another element does not count', { coordinate: 'Order.total' }, false, 'override-mismatch'],
    ['by another team counts, with a warning', { approver: 'partner-team' }, true, 'override-approver'],
  ])('%s', (_what, change, isAccepted, rule) => {
    const [decided, ...others] = apply(removal, override(change));
    expect(decided?.override !== null).toBe(isAccepted);
    expect(others.map((other) => other.rule)).toEqual(rule === null ? [] : [rule]);
    for (const other of others) {
      expect(other.location?.file).toBe('schemas/policy/overrides/note.yaml');
      expect(other.severity).toBe(rule === 'override-unused' ? 'notice' : 'warning');
    }
  });

  it.each(['parse', 'compose', 'contract'] as const)(
    'of an error in the stage %s does not count',
    (stage) => {
      const [decided, other] = apply({ ...removal, stage }, override());
      expect(decided?.override).toBeNull();
      expect(other?.rule).toBe('override-mismatch');
    },
  );

  it('of a notice about a contract counts', () => {
    expect(apply({ ...removal, stage: 'contract', severity: 'notice' }, override())).toMatchObject([
      { override: { approver: 'web-team' } },
    ]);
  });

  it('for everybody is approved by the owner of a client whose operation is concerned', () => {
    const operation = {
      client: 'partner',
      version: null,
      name: null,
      id: 'a',
      calls: null,
      lastSeenAt: null,
      file: 'a.json',
    };
    const everybody = {
      ...removal,
      client: null,
      operations: [{ operation, level: 'broken', reasons: [] }],
    } as const;
    expect(apply(everybody, override()).map(({ rule }) => rule)).toEqual([
      'field-removed',
      'override-approver',
    ]);
    expect(apply(everybody, override({ approver: 'partner-team' }))).toHaveLength(1);
    expect(apply({ ...everybody, operations: [] }, override({ approver: 'anybody' }))).toHaveLength(1);
  });

  it('accepts findings of the policy, and none about overrides', async () => {
    const policy = await readChecksPolicy(
      'deprecation: { required: true }\nseverities: { override-unused: error }',
      'checks.yaml',
    );
    const removedElements = [{ coordinate: 'Order.note', deprecationReason: null, client: null }];
    const run = (overrides: readonly OverrideEntry[]) =>
      applyPolicy([], { ...input, policy, removedElements, overrides });
    const [missing] = run([]);
    const accepting = override({ fingerprint: missing?.fingerprint ?? '' });
    expect(run([accepting])).toMatchObject([
      { rule: 'deprecation-missing', override: { file: accepting.file } },
    ]);
    const unused = override({ fingerprint: 'f'.repeat(16) });
    const [, ofUnused] = run([unused]);
    expect(ofUnused).toMatchObject({ rule: 'override-unused', severity: 'error' });
    const ofOverride = override({ fingerprint: ofUnused?.fingerprint ?? '', file: 'b.yaml' });
    expect(run([unused, ofOverride]).map(({ rule, override: accepted }) => [rule, accepted])).toEqual([
      ['deprecation-missing', null],
      ['override-unused', null],
      ['override-unused', null],
    ]);
  });
});

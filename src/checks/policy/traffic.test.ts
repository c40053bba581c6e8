import { describe, expect, it } from 'vitest';

import { finding, operation, severityOf, type Usage } from '../../../test/checks/support/policy-input.ts';

describe('an operation', () => {
  const thresholds = 'traffic: { minimumCalls: 10, minimumPercent: 5 }';
  it.each<readonly [string, Usage, string, string]>([
    ['of recorded usage counts without thresholds, with one call', { calls: 1 }, '', 'error'],
    ['with as many calls as needed counts', { calls: 10 }, 'traffic: { minimumCalls: 10 }', 'error'],
    ['below the calls does not count', { calls: 9 }, thresholds, 'notice'],
    ['with 4.9 % of the calls of all and of its client does not count', { calls: 490 }, thresholds, 'notice'],
    ['with 5 % of the calls of its client counts', { calls: 495 }, thresholds, 'error'],
    [
      "with 1 % of the calls of all that are 100 % of a partner's counts",
      { client: 'partner', calls: 100 },
      thresholds,
      'error',
    ],
    [
      'with 1 % of the calls of a partner does not count',
      { client: 'partner', calls: 4 },
      thresholds,
      'notice',
    ],
    [
      'of a small client counts by a threshold of its own',
      { client: 'partner', calls: 4 },
      `${thresholds.slice(0, -2)}, perClient: { partner: { minimumCalls: 1, minimumPercent: 1 } } }`,
      'error',
    ],
    [
      'of a client with a higher threshold counts by that of all',
      { calls: 600 },
      `${thresholds.slice(0, -2)}, perClient: { web: { minimumPercent: 50 } } }`,
      'error',
    ],
    [
      'of a client with a higher threshold does not count below both',
      { calls: 490 },
      `${thresholds.slice(0, -2)}, perClient: { web: { minimumPercent: 50 } } }`,
      'notice',
    ],
    [
      'that is registered counts without any call',
      { calls: 0, file: 'manifest.json', lastSeenAt: null },
      thresholds,
      'error',
    ],
    [
      'that is registered counts, however long ago it was seen',
      { file: 'manifest.json', lastSeenAt: '2020-01-01' },
      '',
      'error',
    ],
    ['seen 30 days ago counts', { lastSeenAt: '2026-10-30T12:00:00Z' }, '', 'error'],
    ['seen longer ago does not count', { lastSeenAt: '2026-10-30T11:59:59Z' }, '', 'notice'],
    ['of unknown calls counts', { calls: null, lastSeenAt: null }, thresholds, 'error'],
    [
      'of an excluded client does not count, though it is registered',
      { client: 'e2e', file: 'manifest.json' },
      'excludedClients: [e2e]',
      'notice',
    ],
    ['of anonymous clients counts', { client: 'anonymous' }, '', 'error'],
    [
      'of anonymous clients does not count if they are excluded',
      { client: 'anonymous' },
      'excludedClients: [anonymous]',
      'notice',
    ],
  ])('%s', async (_what, usage, yaml, expected) => {
    const operations = [operation(usage)];
    expect(await severityOf(finding({ client: null, operations }), yaml)).toBe(expected);
  });

  it('below the thresholds is what the policy says', async () => {
    const yaml = `${thresholds}\nseverities: { below-threshold: warning }`;
    expect(await severityOf(finding({ operations: [operation({ calls: 1 })] }), yaml)).toBe('warning');
  });

  it('of an excluded client adds nothing to the calls of all', async () => {
    const yaml =
      'excludedClients: [web]\ntraffic: { minimumPercent: 50, perClient: { partner: { minimumPercent: 100 } } }';
    const operations = [operation({ client: 'partner', calls: 60 })];
    expect(await severityOf(finding({ client: null, operations }), yaml)).toBe('error');
  });
});

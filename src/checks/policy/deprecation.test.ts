import { describe, expect, it } from 'vitest';

import { applied } from '../../../test/checks/support/policy-input.ts';
import type { RemovedElement } from './deprecation.ts';

describe('deprecate before remove', () => {
  const required = 'deprecation: { required: true, minimumAgeDays: 30 }';
  const removed = (reason: string | null, change: Partial<RemovedElement> = {}): RemovedElement => ({
    coordinate: 'Order.note',
    deprecationReason: reason,
    client: null,
    ...change,
  });
  const found = async (elements: readonly RemovedElement[], yaml = required) => {
    const findings = await applied([], yaml, { removedElements: elements });
    return findings.map(
      ({ rule, coordinate, client }) => `${rule} ${coordinate}${client === null ? '' : ` ${client}`}`,
    );
  };

  it.each<readonly [string, readonly RemovedElement[], string, readonly string[]]>([
    ['is not required by default', [removed(null)], '', []],
    ['finds what was not deprecated', [removed(null)], required, ['deprecation-missing Order.note']],
    ['finds what has no date', [removed('Use text')], required, ['deprecation-age-unknown Order.note']],
    [
      'finds what has a day that is none',
      [removed('since 2026-02-30')],
      required,
      ['deprecation-age-unknown Order.note'],
    ],
    [
      'finds a date without its word',
      [removed('Use text (2026-01-01)')],
      required,
      ['deprecation-age-unknown Order.note'],
    ],
    ['needs no date where there is no age', [removed('Use text')], 'deprecation: { required: true }', []],
    [
      'finds what is deprecated for 29 days',
      [removed('Use text, since 2026-10-31')],
      required,
      ['deprecation-too-young Order.note'],
    ],
    ['allows what is deprecated for 30 days', [removed('Use text, since 2026-10-30')], required, []],
    ['allows another way to write it', [removed('Since: 2026-01-01. Use text')], required, []],
    [
      'finds what will be deprecated',
      [removed('since 2027-01-01')],
      required,
      ['deprecation-too-young Order.note'],
    ],
    [
      'is for a client, too',
      [removed(null, { client: 'partner' })],
      required,
      ['deprecation-missing Order.note partner'],
    ],
    [
      'is not for excluded clients',
      [removed(null, { client: 'e2e' })],
      `${required}\nexcludedClients: [e2e]`,
      [],
    ],
    [
      'says once what everybody loses',
      [removed(null), removed(null, { client: 'web' })],
      required,
      ['deprecation-missing Order.note'],
    ],
    [
      'says once what several clients lose',
      [removed(null, { client: 'web' }), removed(null, { client: 'partner' })],
      required,
      ['deprecation-missing Order.note'],
    ],
    [
      'says it of the client that is not excluded',
      [removed(null, { client: 'web' }), removed(null, { client: 'e2e' })],
      `${required}\nexcludedClients: [e2e]`,
      ['deprecation-missing Order.note web'],
    ],
    [
      'says what several clients were told differently for each',
      [removed(null, { client: 'web' }), removed('Use text', { client: 'partner' })],
      required,
      ['deprecation-missing Order.note web', 'deprecation-age-unknown Order.note partner'],
    ],
    ['is not for types, which cannot be deprecated', [removed(null, { coordinate: 'Order' })], required, []],
    [
      'is not for what goes with its type',
      [removed(null), removed(null, { coordinate: 'Order' })],
      required,
      [],
    ],
    [
      'is not for what goes with its field',
      [removed('since 2026-01-01'), removed(null, { coordinate: 'Order.note(size:)' })],
      required,
      [],
    ],
    [
      'is not for what a client loses with a type that everybody loses',
      [removed(null, { client: 'web' }), removed(null, { coordinate: 'Order' })],
      required,
      [],
    ],
    [
      'is for a field whose type goes for another client',
      [removed(null, { client: 'web' }), removed(null, { coordinate: 'Order', client: 'partner' })],
      required,
      ['deprecation-missing Order.note web'],
    ],
    [
      'has the severity of the policy',
      [removed(null)],
      `${required}\nseverities: { deprecation-missing: off }`,
      [],
    ],
  ])('%s', async (_what, elements, yaml, expected) => {
    expect(await found(elements, yaml)).toEqual(expected);
  });

  it('says what to write and until when', async () => {
    const [missing, young] = await applied([], required, {
      removedElements: [
        removed(null),
        removed('since 2026-11-01', { coordinate: 'Order.old', client: 'web' }),
      ],
    });
    expect(missing).toMatchObject({
      severity: 'error',
      stage: 'policy',
      hint: 'Keep it with `@deprecated(reason: "Use <what replaces it>, since 2026-11-29")`, and remove it on 2026-12-29 or later',
    });
    expect(young).toMatchObject({
      message:
        'Order.old is removed 28 days after its deprecation of 2026-11-01, before the 30 days of the policy (for web)',
      hint: 'Remove it on 2026-12-01 or later',
    });
  });
});

import { describe, expect, it } from 'vitest';

import { affected, finding, operation, severityOf } from '../../../test/checks/support/policy-input.ts';
import { hostileNames } from '../../../test/support/hostile-names.ts';
import type { Finding } from '../report.ts';

const e2e = 'excludedClients: [e2e, web]';

describe('a change', () => {
  it.each<readonly [string, Partial<Finding>, string, string]>([
    ['that breaks an operation fails', { operations: [operation()] }, '', 'error'],
    [
      'that breaks an operation fails, whatever severity its rule has',
      { operations: [operation()] },
      'severities: { field-removed: notice }',
      'error',
    ],
    [
      'that was proposed as a notice and breaks an operation fails',
      { severity: 'notice', operations: [operation()] },
      '',
      'error',
    ],
    ['that breaks nothing is a notice', { severity: 'notice', rule: 'field-added' }, '', 'notice'],
    ['that breaks what nobody uses is a notice', {}, '', 'notice'],
    [
      'that breaks what nobody uses is what the policy says',
      {},
      'severities: { breaking-unused: warning }',
      'warning',
    ],
    [
      'that breaks what nobody uses is left out if that is off',
      {},
      'severities: { breaking-unused: off }',
      'off',
    ],
    [
      'has the severity of its rule where nobody uses it',
      {},
      'severities: { field-removed: error }',
      'error',
    ],
    ['that breaks fails where no operation is known', { client: 'mobile' }, '', 'error'],
    [
      'that breaks is what the policy says where no operation is known',
      { client: 'mobile' },
      'severities: { breaking-without-usage: warning }',
      'warning',
    ],
    ['for everybody is judged by the operations of all', { client: null }, '', 'notice'],
    ['for a client of no name that is configured fails', { client: 'any' }, '', 'error'],
    [
      'that is dangerous warns where no operation is known',
      { client: 'mobile', severity: 'warning' },
      '',
      'warning',
    ],
    ['that is dangerous is a notice where nobody uses it', { severity: 'warning' }, '', 'notice'],
    ['that affects an operation warns', { operations: [affected('default-changed')] }, '', 'warning'],
    [
      'that affects an operation is what the policy says',
      { operations: [affected('default-changed')] },
      'severities: { affected: error }',
      'error',
    ],
    [
      'that affects by values that are not known warns',
      { rule: 'enum-value-removed', operations: [affected('enum-value-removed')] },
      'severities: { affected: notice }',
      'warning',
    ],
    [
      'that affects by values that are not known is what the policy says',
      { rule: 'required-input-field-added', operations: [affected('required-input-field-added')] },
      'severities: { values-unknown: error }',
      'error',
    ],
    [
      'that affects by a reason with a severity has that',
      { rule: 'type-changed', operations: [affected('became-non-null')] },
      '',
      'notice',
    ],
    [
      'that affects by several reasons has the highest severity',
      { rule: 'type-changed', operations: [affected('became-non-null'), affected('default-changed')] },
      '',
      'warning',
    ],
    [
      'of a rule with a severity has that',
      { rule: 'enum-value-added', severity: 'warning', operations: [affected('enum-value-added')] },
      '',
      'notice',
    ],
    [
      'that makes an element public fails, whether or not it is used',
      { rule: 'became-public', client: null },
      '',
      'error',
    ],
    [
      'that makes an element public is what the policy says',
      { rule: 'became-public', client: null },
      'severities: { became-public: warning }',
      'warning',
    ],
    [
      'of an operation that was invalid before does not fail',
      {
        rule: 'operation-invalid-before',
        stage: 'impact',
        severity: 'warning',
        coordinate: null,
        operations: [operation({ codes: ['invalid-before'] })],
      },
      '',
      'warning',
    ],
    [
      'that cannot be found, because the base does not compose, warns',
      { rule: 'base-invalid', client: null, coordinate: null, severity: 'warning' },
      '',
      'warning',
    ],
    ['of an excluded client is a notice, whatever it breaks', { operations: [operation()] }, e2e, 'notice'],
    [
      'of an excluded client is a notice, though its rule has a severity',
      {},
      `${e2e}\nseverities: { field-removed: error }`,
      'notice',
    ],
    [
      'for everybody that breaks an excluded client alone is below the thresholds',
      { client: null, operations: [operation()] },
      e2e,
      'notice',
    ],
    [
      'for everybody is judged by clients that are not excluded',
      { client: null },
      'excludedClients: [web, partner, e2e]',
      'error',
    ],
  ])('%s', async (_what, change, yaml, expected) => {
    expect(await severityOf(finding(change), yaml)).toBe(expected);
  });

  it.each<readonly [string, string, Partial<Finding>, string]>([
    ['fails, though nobody uses it', 'Order.note', {}, 'error'],
    ['fails, though its client is excluded', 'Order.*', { client: 'e2e' }, 'error'],
    [
      'fails with its arguments',
      'Order.note',
      { rule: 'argument-removed', coordinate: 'Order.note(size:)' },
      'error',
    ],
    [
      'fails with the removal of its type',
      'Order.note',
      { rule: 'type-removed', coordinate: 'Order' },
      'error',
    ],
    [
      'fails if its client does not see its type any more',
      'Order.note',
      { rule: 'hidden-from-client', coordinate: 'Order' },
      'error',
    ],
    ['need not be a whole type', 'Order', { rule: 'type-removed', coordinate: 'Order' }, 'error'],
    ['is not another with the same beginning', 'Order.no', {}, 'notice'],
    ['is not another type with the same beginning', 'Ord.*', {}, 'notice'],
    ['may have changes that break nothing', 'Order.*', { severity: 'notice', rule: 'field-added' }, 'notice'],
    ['is not concerned by what is removed beside it', 'Order.note', { coordinate: 'Order.total' }, 'notice'],
  ])('of what is strict %s', async (_what, strict, change, expected) => {
    expect(await severityOf(finding(change), `strict: ["${strict}"]\nexcludedClients: [e2e]`)).toBe(expected);
  });
});

it('of what is strict is a removal, whatever the change is called', async () => {
  const removedElements = [{ coordinate: 'Order.note', deprecationReason: 'Old', client: null }];
  const one = finding({ severity: 'warning' });
  expect(await severityOf(one, 'strict: [Order.note]', { removedElements })).toBe('error');
  expect(await severityOf(one, 'strict: [Order.note]')).toBe('notice');
});

describe('a finding of another stage', () => {
  it.each<readonly [string, Partial<Finding>, string, string]>([
    [
      'of lint has the severity of lint',
      { stage: 'lint', rule: 'lint-type-name', severity: 'warning' },
      '',
      'warning',
    ],
    ['of composition fails', { stage: 'compose', rule: 'composition-error' }, e2e, 'error'],
    [
      'of composition is as its stage says if it is a hint',
      { stage: 'compose', rule: 'composition-hint', severity: 'notice' },
      '',
      'notice',
    ],
    [
      'of composition is as the policy says if it is a hint',
      { stage: 'compose', rule: 'composition-hint', severity: 'notice' },
      'severities: { composition-hint: warning }',
      'warning',
    ],
    [
      'of a contract that does not hold fails, though its client is excluded',
      { stage: 'contract', rule: 'contract-invalid' },
      e2e,
      'error',
    ],
    [
      'of what a contract implies is as the policy says',
      { stage: 'contract', rule: 'implied-removal', severity: 'notice' },
      'severities: { implied-removal: error }',
      'error',
    ],
    [
      'of a plan warns',
      {
        stage: 'plan',
        rule: 'plan-calls-increased',
        severity: 'warning',
        operations: [affected('plan-calls-increased')],
      },
      '',
      'warning',
    ],
    [
      'of a plan is as the policy says',
      {
        stage: 'plan',
        rule: 'plan-calls-increased',
        severity: 'warning',
        operations: [affected('plan-calls-increased')],
      },
      'severities: { plan-calls-increased: error }',
      'error',
    ],
    [
      'of the plan of an operation that does not count is a notice',
      {
        stage: 'plan',
        rule: 'plan-calls-increased',
        severity: 'warning',
        operations: [operation({ calls: 1, level: 'affected' })],
      },
      'traffic: { minimumCalls: 2 }',
      'notice',
    ],
    [
      'of the plan of an excluded client is a notice, whatever is below the thresholds',
      {
        stage: 'plan',
        rule: 'plan-calls-increased',
        severity: 'warning',
        operations: [affected('plan-calls-increased')],
      },
      `${e2e}\nseverities: { below-threshold: error }`,
      'notice',
    ],
    [
      'of the plan of an excluded client is a notice',
      {
        stage: 'plan',
        rule: 'plan-calls-increased',
        severity: 'warning',
        operations: [affected('plan-calls-increased')],
      },
      e2e,
      'notice',
    ],
    [
      'of a rule that is not in any table is as its stage says',
      { stage: 'plan', rule: 'constructor', severity: 'warning' },
      '',
      'warning',
    ],
  ])('%s', async (_what, change, yaml, expected) => {
    expect(await severityOf(finding(change), yaml)).toBe(expected);
  });
});

it.each(hostileNames)('decides about a client, a rule, a reason and a type called %s', async (name) => {
  const operations = [operation({ client: name, calls: 1 }), affected(name)];
  const one = finding({ client: name, rule: name, coordinate: `${name}.${name}`, operations });
  const own = [{ name, owner: 'a', operations: 1, calls: 1 }];
  expect(await severityOf(one, '', { clients: own })).toBe('error');
  expect(await severityOf({ ...one, operations: [] }, '', { clients: own })).toBe('notice');
  expect(await severityOf({ ...one, operations: [] }, '', { clients: [] })).toBe('error');
});

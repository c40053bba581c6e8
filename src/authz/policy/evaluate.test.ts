import { describe, expect, it } from 'vitest';

import { RuleEvaluation } from './evaluate.ts';
import { policyTools, type PolicyRule } from './policy-module.ts';
import { readRule } from './rule-tree.ts';

const { rule, and, or, not, chain, race, allow, deny, masked, inputRule } = policyTools;
const contextual = { cache: 'contextual' } as const;
const yes = rule('yes', contextual)(() => true);
const no = rule('no', contextual)(() => false);
const byParent = rule('by parent', { cache: 'strict' })(({ id }: { id: string }) => id === 'mine');

describe('a rule that fails', () => {
  it.each<[string, PolicyRule]>([
    [
      'throws',
      rule(
        'bad',
        contextual,
      )(() => {
        throw new Error('backend down');
      }),
    ],
    ['rejects', rule('bad', contextual)(() => Promise.reject(new Error('backend down')))],
    ['never decides', rule('bad', contextual)(() => new Promise<boolean>(() => {}))],
    ['returns nothing', rule('bad', contextual)((() => undefined) as unknown as () => boolean)],
    ['returns an object', rule('bad', contextual)((() => ({ ok: true })) as unknown as () => boolean)],
    ['returns 1', rule('bad', contextual)((() => 1) as unknown as () => boolean)],
  ])('and %s denies, whatever is built around it, and is told once', async (_, bad) => {
    for (const tree of [
      bad,
      and(yes, bad),
      chain(yes, bad),
      not(bad),
      or(no, bad),
      race(no, bad),
      not(not(bad)),
      masked(bad, String),
    ]) {
      const { decide, failures } = given();
      expect(await decide(tree)).toMatchObject({ is: 'failed', by: 'bad' });
      expect(failures).toHaveLength(1);
      expect(failures[0]?.rule).toBe('bad');
    }
  });

  it('does not close what another rule opens', async () => {
    const bad = rule(
      'bad',
      contextual,
    )(() => {
      throw new Error('down');
    });
    expect(await given().decide(or(bad, yes))).toEqual({ is: 'allow' });
  });
});

describe('without the parent', () => {
  it.each<[string, PolicyRule, string]>([
    ['a rule that needs it is put off', byParent, 'later'],
    ['a denial beside it stands', and(byParent, no), 'deny'],
    ['an allowance before it is not enough', chain(yes, byParent), 'later'],
    ['a denial before it is', chain(no, byParent), 'deny'],
    ['one of several that allows is enough', or(byParent, yes), 'allow'],
    ['what is put off may be masked later', masked(byParent, String), 'later'],
  ])('%s', async (_, tree, is) => {
    expect(await given().decide(tree)).toMatchObject({ is });
  });

  it('arguments are looked at all the same', async () => {
    const small = inputRule('small')((yup) => yup.object({ first: yup.number().max(10) }));
    const { decide } = given();
    expect(await decide(small, undefined, { first: 5 })).toEqual({ is: 'allow' });
    expect(await decide(and(byParent, small), undefined, { first: 50 })).toMatchObject({ is: 'deny' });
  });
});

it('a rule is evaluated once for what it says it depends on', async () => {
  const evaluated: string[] = [];
  const once = rule('once', contextual)(() => evaluated.push('once') > 0);
  const perParent = rule('per parent', { cache: 'strict' })(
    ({ id }: { id: string }) => evaluated.push(id) > 0,
  );
  const { decide } = given();
  for (const id of ['a', 'b', 'a']) await decide(and(once, perParent), { id });
  expect(evaluated).toEqual(['once', 'a', 'b']);
});

it('a rule of the principal alone sees nothing of the field that asks first', async () => {
  const received: unknown[] = [];
  const mistaken = rule(
    'mistaken',
    contextual,
  )((parent: object, args: { owner?: string }) => {
    received.push(parent, args);
    return args.owner === 'me';
  });
  const { decide } = given();
  expect(await decide(mistaken, { id: 'a' }, { owner: 'me' })).toMatchObject({ is: 'deny' });
  expect(await decide(mistaken, { id: 'b' }, { owner: 'other' })).toMatchObject({ is: 'deny' });
  expect(received).toEqual([{}, {}]);
});

it('masks where the rule denies, and shows where it allows', async () => {
  const hidden = masked(byParent, (value: string) => value.slice(0, 1));
  const { decide } = given();
  expect(await decide(hidden, { id: 'mine' })).toEqual({ is: 'allow' });
  expect(await decide(hidden, { id: 'other' })).toMatchObject({ is: 'mask', by: 'by parent' });
  expect(await decide(and(allow, hidden), { id: 'other' })).toMatchObject({ is: 'mask' });
  expect(await decide(and(deny, hidden), { id: 'other' })).toMatchObject({ is: 'deny' });
});

it('shows nothing that one of several masks hides', async () => {
  const noStart = masked(deny, (value: string) => `*${value.slice(1)}`);
  const noEnd = masked(deny, (value: string) => `${value.slice(0, -1)}*`);
  const decision = await given().decide(and(noStart, allow, noEnd), { id: 'a' });
  expect(decision.is === 'mask' && decision.conceal('secret')).toBe('*ecre*');
});

function given() {
  const failures: Array<{ rule: string; error: unknown }> = [];
  const evaluation = new RuleEvaluation(
    {},
    { timeoutMs: 20, onFailure: (name, error) => void failures.push({ rule: name, error }) },
  );
  const leaves = new Map();
  return {
    failures,
    decide: (tree: PolicyRule, parent?: Record<string, unknown>, args: Record<string, unknown> = {}) => {
      const node = readRule(tree, leaves);
      if (!node) throw new Error('not a rule');
      return evaluation.decide(node, { parent, args, info: null });
    },
  };
}

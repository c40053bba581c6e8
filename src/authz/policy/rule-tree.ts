/** The rules of a policy as plain trees, and what each rule needs to be decided. */

import type { RuleOutline } from '../../pipeline/authorization.ts';

export type RuleNode =
  | { readonly is: 'allow' }
  | { readonly is: 'deny' }
  | { readonly is: 'and' | 'or' | 'chain' | 'race'; readonly rules: readonly RuleNode[] }
  | { readonly is: 'not'; readonly rule: RuleNode; readonly error: unknown }
  | { readonly is: 'masked'; readonly rule: RuleNode; readonly conceal: (value: unknown) => unknown }
  | LeafRule;

export interface LeafRule {
  readonly is: 'leaf';
  readonly name: string;
  readonly decide: RuleFunction;
  readonly cache: 'contextual' | 'strict' | 'no_cache' | CacheKey;
  /** It reads the arguments only. */
  readonly isInput: boolean;
  readonly fragment: string | undefined;
}

// The signatures of graphql-shield.
/* oxlint-disable max-params */
export type RuleFunction = (parent: unknown, args: unknown, context: unknown, info: unknown) => unknown;
type CacheKey = (parent: unknown, args: unknown, context: unknown, info: unknown) => string;
/* oxlint-enable max-params */

/** Marks a rule whose denial replaces the value. Registered globally: several copies of this module may be loaded. */
export const concealing = Symbol.for('tributary.conceal');

/** A rule object of graphql-shield, as far as it is read here. */
interface ShieldObject {
  readonly rules?: readonly unknown[];
  readonly name?: string;
  readonly func?: RuleFunction;
  readonly cache?: LeafRule['cache'];
  readonly fragment?: string;
  readonly error?: unknown;
  readonly [concealing]?: (value: unknown) => unknown;
}

const combinations: Readonly<Record<string, 'and' | 'or' | 'chain' | 'race'>> = {
  RuleAnd: 'and',
  RuleOr: 'or',
  RuleChain: 'chain',
  RuleRace: 'race',
};

/** @returns Undefined if the value is not a rule. The same leaf gives the same node, so that it is decided once. */
export function readRule(value: unknown, leaves: Map<unknown, LeafRule>): RuleNode | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const object = value as ShieldObject;
  const kind = value.constructor.name;
  if (kind === 'RuleTrue') return { is: 'allow' };
  if (kind === 'RuleFalse') return { is: 'deny' };
  if (kind === 'Rule' || kind === 'InputRule') return leafOf(object, kind === 'InputRule', leaves);
  const rules = (object.rules ?? []).map((rule) => readRule(rule, leaves));
  if (rules.length === 0 || !rules.every((rule) => rule !== undefined)) return undefined;
  const [first] = rules as [RuleNode];
  const conceal = object[concealing];
  if (conceal) return { is: 'masked', rule: first, conceal };
  if (kind === 'RuleNot') return { is: 'not', rule: first, error: object.error };
  const is = combinations[kind];
  return is && { is, rules };
}

function leafOf(
  object: ShieldObject,
  isInput: boolean,
  leaves: Map<unknown, LeafRule>,
): LeafRule | undefined {
  const existing = leaves.get(object);
  if (existing) return existing;
  const { name = 'rule', func, cache = 'no_cache', fragment } = object;
  if (!func) return undefined;
  const leaf: LeafRule = { is: 'leaf', name, decide: func, cache, isInput, fragment };
  leaves.set(object, leaf);
  return leaf;
}

export function outlineOf(node: RuleNode, rule: number): RuleOutline | null {
  if (node.is === 'allow') return null;
  const leaves = leavesOf(node);
  const perField = leaves.filter(({ cache }) => cache !== 'contextual');
  return {
    rule,
    readsArguments: perField.length > 0,
    readsParent: perField.some(({ isInput }) => !isInput),
    conceals: concealsIn(node),
    fragments: [...new Set(leaves.flatMap(({ fragment }) => fragment ?? []))],
  };
}

/** As text: `and(isUser, or(isAdmin, isOwner))`. */
export function ruleText(node: RuleNode): string {
  switch (node.is) {
    case 'allow':
    case 'deny':
      return node.is;
    case 'leaf':
      return node.name;
    case 'not':
    case 'masked':
      return `${node.is}(${ruleText(node.rule)})`;
    default:
      return `${node.is}(${node.rules.map(ruleText).join(', ')})`;
  }
}

function leavesOf(node: RuleNode): LeafRule[] {
  if (node.is === 'leaf') return [node];
  return childrenOf(node).flatMap(leavesOf);
}

function concealsIn(node: RuleNode): boolean {
  return node.is === 'masked' || childrenOf(node).some(concealsIn);
}

function childrenOf(node: RuleNode): readonly RuleNode[] {
  if ('rules' in node) return node.rules;
  return 'rule' in node ? [node.rule] : [];
}

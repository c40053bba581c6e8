/**
 * What a policy module exports: a function named `policy` that gets the tools rules are made of, and gives the rules.
 * It imports nothing of the gateway but types, so that it runs as it is.
 */

import type { allow } from 'graphql-shield';

import type { Principal } from '../../pipeline/principal.ts';
import * as shield from './shield.ts';

/** A rule or a combination of rules of graphql-shield. */
export type PolicyRule =
  ReturnType<typeof shield.and> | ReturnType<ReturnType<typeof shield.rule>> | typeof allow;

/** What rules get as their context. */
export interface PolicyContext {
  /** Nobody is known: `provenBy` is `none`. */
  readonly principal: Principal;
  readonly requestId: string;
  readonly clientAddress: string;
  readonly operation: { readonly name: string | null; readonly kind: 'query' | 'mutation' | 'subscription' };
}

export const policyTools = {
  rule: shield.rule,
  inputRule: shield.inputRule,
  allow: shield.allow,
  deny: shield.deny,
  and: shield.and,
  or: shield.or,
  not: shield.not,
  chain: shield.chain,
  race: shield.race,
  masked,
};

export type PolicyTools = typeof policyTools;

/** @typeParam Graph The object types of the graph with the names of their fields, such as `{ Query: 'me' | 'user' }`. */
export interface Policy<Graph = Record<string, string>> {
  readonly permissions: Permissions<Graph>;
  /** For every field without a rule. Default: `deny`. */
  readonly fallbackRule?: PolicyRule;
  /** For `__schema` and `__type`. Default: `allow`. */
  readonly introspection?: PolicyRule;
  /** What the names of `@policy` in the supergraph stand for. */
  readonly policies?: Readonly<Record<string, NamedPolicy>>;
}

/** A rule for all fields of a type, or one by field; `*` is for those that are not named. */
export type Permissions<Graph> = {
  readonly [Type in keyof Graph]?:
    PolicyRule | { readonly [Field in (Graph[Type] & string) | '*']?: PolicyRule };
};

export type NamedPolicy = (context: PolicyContext) => boolean | Promise<boolean>;

export type Conceal = (value: never) => unknown;

/** Where the value is replaced rather than denied. For any copy of this module. */
export const concealing = Symbol.for('tributary.conceal');

/** Shows the value to whom `rule` allows, and to others what `conceal` makes of it. For fields that hold no objects. */
function masked(rule: PolicyRule, conceal: Conceal): PolicyRule {
  return Object.assign(shield.and(rule), { [concealing]: conceal });
}

/**
 * The interface of a policy module: it exports a function named `policy` that receives the rule constructors and
 * returns the rules. A module needs only types from the gateway, so it runs without it.
 */

import type * as GraphqlShield from 'graphql-shield';

import type { Client } from '../../pipeline/client.ts';
import type { Principal } from '../../pipeline/principal.ts';
import { concealing } from './rule-tree.ts';
import { shield } from './shield.ts';

/** A rule or a combination of rules of graphql-shield. */
export type PolicyRule =
  | ReturnType<typeof GraphqlShield.and>
  | ReturnType<ReturnType<typeof GraphqlShield.rule>>
  | typeof GraphqlShield.allow;

/** The context argument of every rule. */
export interface PolicyContext {
  /** `provenBy` is `none` for a request without credentials. */
  readonly principal: Principal;
  /** The application that sent the request. Name and version are null where they are not known. */
  readonly client: Pick<Client, 'name' | 'version' | 'tier'>;
  readonly requestId: string;
  readonly clientAddress: string;
  readonly operation: { readonly name: string | null; readonly kind: 'query' | 'mutation' | 'subscription' };
}

/** What rules are made of: those of graphql-shield, and `masked`. */
export interface PolicyTools {
  readonly rule: typeof GraphqlShield.rule;
  readonly inputRule: typeof GraphqlShield.inputRule;
  readonly allow: typeof GraphqlShield.allow;
  readonly deny: typeof GraphqlShield.deny;
  readonly and: typeof GraphqlShield.and;
  readonly or: typeof GraphqlShield.or;
  readonly not: typeof GraphqlShield.not;
  readonly chain: typeof GraphqlShield.chain;
  readonly race: typeof GraphqlShield.race;
  /** Where `rule` denies, the value is replaced by the result of `conceal`. For leaf fields only. */
  readonly masked: typeof masked;
}

export const policyTools: PolicyTools = {
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

/** @typeParam Graph The object types of the graph with the names of their fields, such as `{ Query: 'me' | 'user' }`. */
export interface Policy<Graph = Record<string, string>> {
  readonly permissions: Permissions<Graph>;
  /** For fields without a rule. Default: `deny`. */
  readonly fallbackRule?: PolicyRule;
  /** For `__schema` and `__type`. Default: `allow`. */
  readonly introspection?: PolicyRule;
  /** Decide the names that `@policy` uses in the supergraph. */
  readonly policies?: Readonly<Record<string, NamedPolicy>>;
}

/** One rule for all fields of a type, or a rule for each field; `*` is for the fields that are not listed. */
export type Permissions<Graph> = {
  readonly [Type in keyof Graph]?:
    PolicyRule | { readonly [Field in (Graph[Type] & string) | '*']?: PolicyRule };
};

export type NamedPolicy = (context: PolicyContext) => boolean | Promise<boolean>;

export type Conceal = (value: never) => unknown;

function masked(rule: PolicyRule, conceal: Conceal): PolicyRule {
  return Object.assign(shield.and(rule), { [concealing]: conceal });
}

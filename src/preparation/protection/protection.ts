/** What guards each field and object of a supergraph: demands of its directives and rules of the policy. */

import {
  isAbstractType,
  type DocumentNode,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';

import type { Demand, PolicyOutline, RuleOutline } from '../../pipeline/authorization.ts';
import type { JoinSpec } from '../supergraph/join-spec.ts';
import { Demands } from './demands.ts';
import { assertPoliciesNamed, assertPolicyFits } from './policy-fits.ts';

export interface Guards {
  readonly demand: Demand | null;
  readonly rules: readonly RuleOutline[];
}

export interface ProtectionParts {
  readonly supergraph: DocumentNode;
  /** What clients may ask. */
  readonly schema: GraphQLSchema;
  /** With what they cannot see. */
  readonly whole: GraphQLSchema;
  readonly joins: JoinSpec;
  readonly outline: PolicyOutline | null;
}

/**
 * @returns null where nothing is guarded.
 * @throws {GatewayError} `CONFIG_INVALID` for a policy that does not fit the graph.
 */
export function protectionOf({
  supergraph,
  schema,
  whole,
  joins,
  outline,
}: ProtectionParts): Protection | null {
  if (outline) assertPolicyFits(schema, outline);
  const demands = new Demands(supergraph, whole, joins);
  assertPoliciesNamed(demands.policies, outline);
  return demands.isEmpty && !outline ? null : new Protection(schema, demands, outline);
}

export class Protection {
  readonly #schema: GraphQLSchema;
  readonly #demands: Demands;
  readonly #outline: PolicyOutline | null;
  readonly #known = new Map<string, Guards | null>();

  constructor(schema: GraphQLSchema, demands: Demands, outline: PolicyOutline | null) {
    this.#schema = schema;
    this.#demands = demands;
    this.#outline = outline;
  }

  /** @returns null where everybody may see the field of an object of this type. */
  ofField(type: GraphQLObjectType | GraphQLInterfaceType, field: string): Guards | null {
    const coordinate = `${type.name}.${field}`;
    let guards = this.#known.get(coordinate);
    if (guards === undefined) this.#known.set(coordinate, (guards = this.#read(type, field)));
    return guards;
  }

  /** @returns null where an object of this type may be seen by everybody. */
  ofObject(type: string): Guards | null {
    const demand = this.#demands.isEmpty ? null : this.#demands.ofObject(type);
    return demand && { demand, rules: [] };
  }

  #read(type: GraphQLObjectType | GraphQLInterfaceType, field: string): Guards | null {
    const rules = this.#rulesOf(type, field);
    const demand = this.#demands.isEmpty ? null : this.#demands.ofField(type.name, field);
    return demand || rules.length > 0 ? { demand, rules } : null;
  }

  #rulesOf(type: GraphQLObjectType | GraphQLInterfaceType, field: string): RuleOutline[] {
    const outline = this.#outline;
    if (!outline || field === '__typename') return [];
    if (field.startsWith('__')) return outline.introspection ? [outline.introspection] : [];
    // Where the runtime type is an interface object's name, nothing more is known: every member must allow it.
    const possible = isAbstractType(type) ? this.#schema.getPossibleTypes(type) : [type];
    const rules = possible.flatMap(({ name }) => ruleFor(outline, name, field) ?? []);
    return [...new Map(rules.map((rule) => [rule.rule, rule])).values()];
  }
}

function ruleFor(outline: PolicyOutline, type: string, field: string): RuleOutline | null {
  const fields = Object.hasOwn(outline.types, type) ? outline.types[type] : undefined;
  if (!fields) return outline.fallback;
  if (Object.hasOwn(fields, field)) return fields[field] ?? null;
  return Object.hasOwn(fields, '*') ? (fields['*'] ?? null) : outline.fallback;
}

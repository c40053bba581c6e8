/** The guards of each field and object of a supergraph: demands of its directives and rules of the policy. */

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

export interface ProtectionOptions {
  readonly supergraph: DocumentNode;
  /** The API schema. */
  readonly schema: GraphQLSchema;
  /** The full schema, including inaccessible elements. */
  readonly fullSchema: GraphQLSchema;
  readonly joins: JoinSpec;
  readonly outline: PolicyOutline | null;
  /** Whether the policies that `@policy` names have to be in the outline. */
  readonly needsPolicies: boolean;
}

/**
 * @returns null where nothing is guarded.
 * @throws {GatewayError} `CONFIG_INVALID` for a policy that does not fit the graph.
 */
export function protectionOf({
  supergraph,
  schema,
  fullSchema,
  joins,
  outline,
  needsPolicies,
}: ProtectionOptions): Protection | null {
  if (outline) assertPolicyFits(schema, outline);
  const demands = new Demands(supergraph, fullSchema, joins);
  if (needsPolicies) assertPoliciesNamed(demands.policies, outline);
  return demands.isEmpty && !outline ? null : new Protection(schema, demands, outline);
}

export class Protection {
  readonly #schema: GraphQLSchema;
  readonly #demands: Demands;
  readonly #outline: PolicyOutline | null;
  readonly #cache = new Map<string, Guards | null>();

  constructor(schema: GraphQLSchema, demands: Demands, outline: PolicyOutline | null) {
    this.#schema = schema;
    this.#demands = demands;
    this.#outline = outline;
  }

  /** @returns null where the field is not guarded on objects of this type. */
  ofField(type: GraphQLObjectType | GraphQLInterfaceType, field: string): Guards | null {
    const coordinate = `${type.name}.${field}`;
    let guards = this.#cache.get(coordinate);
    if (guards === undefined) this.#cache.set(coordinate, (guards = this.#read(type, field)));
    return guards;
  }

  /** @returns null where objects of this type are not guarded. */
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
    // For an interface object the runtime type is unknown: the rules of every member must allow it.
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

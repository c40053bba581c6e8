/**
 * Rules for every field of a fixture, spread over them evenly, twice: as a policy for our engine, and around the
 * resolvers of the monolith. What they share is only what each rule means.
 */
import {
  getNamedType,
  isObjectType,
  isSpecifiedScalarType,
  type GraphQLField,
  type GraphQLSchema,
} from 'graphql';

import { readPolicy, type LoadedPolicy } from '../../../src/authz/policy/load-policy.ts';
import { policyTools, type PolicyContext, type PolicyRule } from '../../../src/authz/policy/policy-module.ts';
import { anonymous } from '../../../src/pipeline/principal.ts';
import type { Principal } from '../../../src/pipeline/principal.ts';

export const principals: Readonly<Record<'admin' | 'user' | 'anonymous', Principal>> = {
  admin: { ...anonymous, subject: 'root', provenBy: 'jwt', roles: ['user', 'admin'] },
  user: { ...anonymous, subject: 'u1', provenBy: 'jwt', roles: ['user'] },
  anonymous,
};

type RuleName = 'open' | 'users' | 'admins' | 'owned' | 'masked' | 'calm';

const { rule, allow, and, or, chain, not, masked } = policyTools;

const hasRole = (role: string): PolicyRule =>
  rule(`has ${role}`, { cache: 'contextual' })((_, __, { principal }: PolicyContext) =>
    principal.roles.includes(role),
  );
const isUser = hasRole('user');
const isAdmin = hasRole('admin');

/** The rule of each field, in the order of the schema: the same for both. */
export function rulesOf(schema: GraphQLSchema, seed: number): Map<string, RuleName> {
  const names: readonly RuleName[] = ['open', 'users', 'open', 'owned', 'masked', 'open', 'admins', 'calm'];
  const rules = new Map<string, RuleName>();
  let turn = seed;
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      // Mostly open at the root: below a closed field there is nothing to compare.
      const isRoot = type === schema.getQueryType() || type === schema.getMutationType();
      const name = names[turn++ % names.length] as RuleName;
      const isOpen = isRoot && turn % 5 !== 0;
      rules.set(
        `${type.name}.${field.name}`,
        isOpen ? 'open' : fitting(name, field, ownerField(schema, type.name)),
      );
    }
  }
  return rules;
}

function fitting(name: RuleName, field: GraphQLField<unknown, unknown>, owner: string | undefined): RuleName {
  if (name === 'masked' && String(getNamedType(field.type)) !== 'String') return 'users';
  return name === 'owned' && owner === undefined ? 'users' : name;
}

/** A plain field that every object of the type has, for rules that look at the parent. */
export function ownerField(schema: GraphQLSchema, typeName: string): string | undefined {
  const type = schema.getType(typeName);
  if (!isObjectType(type) || type === schema.getQueryType() || type === schema.getMutationType()) {
    return undefined;
  }
  const fields = Object.values(type.getFields());
  return fields.find(({ args, type: of }) => args.length === 0 && isSpecifiedScalarType(getNamedType(of)))
    ?.name;
}

/** What an owner is: every other value, so that lists hold both. */
export function owns(value: unknown): boolean {
  const text = JSON.stringify(value ?? null);
  let sum = 0;
  for (const character of text) sum += character.charCodeAt(0);
  return sum % 2 === 0;
}

export function conceal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(conceal);
  return typeof value === 'string' ? `${value.slice(0, 1)}***` : value;
}

export function policyFor(schema: GraphQLSchema, rules: ReadonlyMap<string, RuleName>): LoadedPolicy {
  const permissions: Record<string, Record<string, PolicyRule>> = {};
  for (const [coordinate, name] of rules) {
    const [type = '', field = ''] = coordinate.split('.');
    permissions[type] = { ...permissions[type], [field]: ruleFor(name, type, ownerField(schema, type)) };
  }
  return readPolicy('test policy', { permissions });
}

const ownerRules = new Map<string, PolicyRule>();

function ruleFor(name: RuleName, type: string, owner: string | undefined): PolicyRule {
  if (name === 'open') return allow;
  if (name === 'users') return isUser;
  if (name === 'admins') return and(isUser, isAdmin);
  if (name === 'calm') return not(not(isUser));
  if (name === 'masked') return masked(isAdmin, conceal);
  const key = `${type}.${owner}`;
  const isOwner =
    ownerRules.get(key) ??
    rule(`owns ${key}`, { cache: 'strict', fragment: `fragment Owner on ${type} { ${owner} }` })(
      (parent: Record<string, unknown>) => Promise.resolve(owns(parent[owner ?? ''])),
    );
  ownerRules.set(key, isOwner);
  return chain(isUser, or(isAdmin, isOwner));
}

/** What a rule says, in plain words. */
export function verdictOf(
  name: RuleName,
  roles: readonly string[],
  ownerValue: () => unknown,
): boolean | 'mask' {
  const [user, admin] = [roles.includes('user'), roles.includes('admin')];
  switch (name) {
    case 'open':
      return true;
    case 'users':
    case 'calm':
      return user;
    case 'admins':
      return user && admin;
    case 'masked':
      return admin || 'mask';
    case 'owned':
      return user && (admin || owns(ownerValue()));
  }
}

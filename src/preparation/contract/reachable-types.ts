/**
 * The types that an operation can name or that its answer can contain. A type that can be the type of a value brings all
 * that it may turn out to be; an interface that is only implemented by one does not, it is just known.
 */

import {
  getNamedType,
  isAbstractType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';

import type { HiddenElements } from './reasons.ts';

/** @param kept Names of types that count as reachable anyway. */
export function reachableTypes(
  schema: GraphQLSchema,
  hidden: HiddenElements,
  kept: readonly string[],
): ReadonlySet<string> {
  const search = new Search(schema, hidden);
  for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()])
    if (root) search.add(root, 'value');
  for (const { name, args } of schema.getDirectives())
    if (!hidden.has(`@${name}`)) search.addArguments(`@${name}`, args);
  for (const name of kept) {
    const type = schema.getType(name);
    if (type) search.add(type, 'value');
  }
  return search.run();
}

type Role = 'value' | 'known';

class Search {
  readonly #schema: GraphQLSchema;
  readonly #hidden: HiddenElements;
  readonly #known = new Set<string>();
  readonly #values = new Set<string>();
  readonly #toVisit: Array<readonly [GraphQLNamedType, Role]> = [];

  constructor(schema: GraphQLSchema, hidden: HiddenElements) {
    this.#schema = schema;
    this.#hidden = hidden;
  }

  add(type: GraphQLNamedType, role: Role): void {
    const { name } = type;
    if (this.#hidden.has(name) || this.#values.has(name) || (role === 'known' && this.#known.has(name)))
      return;
    this.#known.add(name);
    if (role === 'value') this.#values.add(name);
    this.#toVisit.push([type, role]);
  }

  addArguments(coordinate: string, args: readonly GraphQLArgument[]): void {
    for (const { name, type } of args)
      if (!this.#hidden.has(`${coordinate}(${name}:)`)) this.add(getNamedType(type), 'value');
  }

  run(): ReadonlySet<string> {
    for (let next = this.#toVisit.pop(); next; next = this.#toVisit.pop()) this.#visit(...next);
    return this.#known;
  }

  #visit(type: GraphQLNamedType, role: Role): void {
    if (isObjectType(type) || isInterfaceType(type)) {
      this.#visitFields(type, role);
      for (const known of type.getInterfaces()) this.add(known, 'known');
    } else if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields()))
        if (!this.#hidden.has(`${type.name}.${field.name}`)) this.add(getNamedType(field.type), 'value');
    }
    if (role === 'value' && isAbstractType(type))
      for (const possible of this.#schema.getPossibleTypes(type)) this.add(possible, 'value');
  }

  #visitFields(type: GraphQLObjectType | GraphQLInterfaceType, role: Role): void {
    for (const field of Object.values(type.getFields())) {
      const coordinate = `${type.name}.${field.name}`;
      if (this.#hidden.has(coordinate)) continue;
      this.add(getNamedType(field.type), role);
      this.addArguments(coordinate, field.args);
    }
  }
}

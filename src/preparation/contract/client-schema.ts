/**
 * The schema a client sees: the API schema without what its contract hides. Scalars, and enums and input types that lose
 * nothing, are the same objects in all client schemas, so that each costs little memory.
 */

import {
  getNamedType,
  GraphQLDirective,
  GraphQLEnumType,
  GraphQLInputObjectType,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLUnionType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
  isSpecifiedDirective,
  isSpecifiedScalarType,
  isUnionType,
  type GraphQLArgument,
  type GraphQLArgumentConfig,
  type GraphQLField,
  type GraphQLFieldConfig,
  type GraphQLInputFieldConfig,
  type GraphQLNamedType,
  type GraphQLType,
} from 'graphql';

import { recordOf } from '../../shared/records.ts';
import type { HiddenElements } from './reasons.ts';

/** Only arguments and input fields keep their `astNode`, for the digits of their default value: others name what is hidden. */
export function buildClientSchema(schema: GraphQLSchema, hidden: HiddenElements): GraphQLSchema {
  return hidden.size === 0 ? schema : new Builder(schema, hidden).build();
}

class Builder {
  readonly #schema: GraphQLSchema;
  readonly #hidden: HiddenElements;
  readonly #types: ReadonlyMap<string, GraphQLNamedType>;
  /** Lists and non-null types by their text: fields share them. */
  readonly #wrapped = new Map<string, GraphQLType>();

  constructor(schema: GraphQLSchema, hidden: HiddenElements) {
    this.#schema = schema;
    this.#hidden = hidden;
    const visible = Object.values(schema.getTypeMap()).filter(
      (type) => !hidden.has(type.name) && !isIntrospectionType(type) && !isSpecifiedScalarType(type),
    );
    const changed = changedInputs(visible, hidden);
    this.#types = new Map(
      visible.map((type) => [
        type.name,
        isInput(type) && !changed.has(type.name) ? type : this.#rebuilt(type),
      ]),
    );
  }

  build(): GraphQLSchema {
    const { description, query, mutation, subscription, directives, extensions } = this.#schema.toConfig();
    return new GraphQLSchema({
      description,
      query: this.#visible(query),
      mutation: this.#visible(mutation),
      subscription: this.#visible(subscription),
      types: [...this.#types.values()],
      directives: directives.flatMap((directive) => this.#directive(directive)),
      extensions,
      // A contract leaves a valid schema, and validating it would cost time for each client.
      assumeValid: true,
    });
  }

  #rebuilt(type: GraphQLNamedType): GraphQLNamedType {
    if (isObjectType(type) || isInterfaceType(type)) {
      const config = {
        ...type.toConfig(),
        interfaces: () => this.#allVisible(type.getInterfaces()),
        fields: () => this.#fields(type),
        ...withoutNodes,
      };
      return isObjectType(type) ? new GraphQLObjectType(config) : new GraphQLInterfaceType(config);
    }
    if (isUnionType(type)) {
      const types = (): GraphQLObjectType[] => this.#allVisible(type.getTypes());
      return new GraphQLUnionType({ ...type.toConfig(), types, ...withoutNodes });
    }
    if (isEnumType(type)) {
      const config = type.toConfig();
      const values = Object.entries(config.values)
        .filter(([name]) => !this.#hidden.has(`${type.name}.${name}`))
        .map(([name, value]) => [name, { ...value, astNode: undefined }] as const);
      return new GraphQLEnumType({ ...config, values: recordOf(values), ...withoutNodes });
    }
    if (!isInputObjectType(type)) return type;
    const fields = (): Record<string, GraphQLInputFieldConfig> => this.#inputFields(type);
    return new GraphQLInputObjectType({ ...type.toConfig(), fields, ...withoutNodes });
  }

  #fields(type: GraphQLObjectType | GraphQLInterfaceType): Record<string, FieldConfig> {
    const visible = Object.values(type.getFields()).filter(
      ({ name }) => !this.#hidden.has(`${type.name}.${name}`),
    );
    return recordOf(visible.map((field) => [field.name, this.#field(field, `${type.name}.${field.name}`)]));
  }

  #field(field: GraphQLField<unknown, unknown>, coordinate: string): FieldConfig {
    const args = this.#arguments(field.args, coordinate);
    return { ...field, type: this.#client(field.type), args, astNode: undefined };
  }

  #arguments(args: readonly GraphQLArgument[], coordinate: string): Record<string, GraphQLArgumentConfig> {
    const visible = args.filter(({ name }) => !this.#hidden.has(`${coordinate}(${name}:)`));
    return recordOf(
      visible.map((argument) => [argument.name, { ...argument, type: this.#client(argument.type) }]),
    );
  }

  #inputFields(type: GraphQLInputObjectType): Record<string, GraphQLInputFieldConfig> {
    const visible = Object.values(type.getFields()).filter(
      ({ name }) => !this.#hidden.has(`${type.name}.${name}`),
    );
    return recordOf(visible.map((field) => [field.name, { ...field, type: this.#client(field.type) }]));
  }

  #directive(directive: GraphQLDirective): GraphQLDirective[] {
    if (isSpecifiedDirective(directive)) return [directive];
    const coordinate = `@${directive.name}`;
    if (this.#hidden.has(coordinate)) return [];
    const args = this.#arguments(directive.args, coordinate);
    return [new GraphQLDirective({ ...directive.toConfig(), args, astNode: undefined })];
  }

  #allVisible<Type extends GraphQLNamedType>(types: readonly Type[]): Type[] {
    return types.flatMap((type) => this.#visible(type) ?? []);
  }

  #visible<Type extends GraphQLNamedType>(type: Type | null | undefined): Type | undefined {
    return type ? (this.#types.get(type.name) as Type | undefined) : undefined;
  }

  /** A visible type, or a list or non-null type of one, as the client schema has it. */
  #client<Type extends GraphQLType>(type: Type): Type {
    const named = getNamedType(type);
    const own = this.#types.get(named.name) ?? named;
    if (own === named) return type;
    if (type === (named as GraphQLType)) return own as Type;
    const text = String(type);
    let wrapped = this.#wrapped.get(text);
    if (!wrapped) this.#wrapped.set(text, (wrapped = wrap(type, own)));
    return wrapped as Type;
  }
}

type FieldConfig = GraphQLFieldConfig<unknown, unknown>;

const withoutNodes = { astNode: undefined, extensionASTNodes: [] };

function wrap(like: GraphQLType, named: GraphQLNamedType): GraphQLType {
  if (isNonNullType(like)) return new GraphQLNonNull(wrap(like.ofType, named));
  return isListType(like) ? new GraphQLList(wrap(like.ofType, named)) : named;
}

/** Whether clients may share the type if they see all of it: it refers to no types but such. */
function isInput(type: GraphQLNamedType): boolean {
  return !isObjectType(type) && !isInterfaceType(type) && !isUnionType(type);
}

/** Names of the enums and input types that lose something, or refer to one that does. */
function changedInputs(types: readonly GraphQLNamedType[], hidden: HiddenElements): ReadonlySet<string> {
  const users = new Map<string, string[]>();
  const toVisit: string[] = [];
  for (const type of types) {
    if (!isEnumType(type) && !isInputObjectType(type)) continue;
    const members = isEnumType(type) ? type.getValues() : Object.values(type.getFields());
    if (members.some(({ name }) => hidden.has(`${type.name}.${name}`))) toVisit.push(type.name);
    if (!isInputObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const used = getNamedType(field.type).name;
      const known = users.get(used);
      if (known) known.push(type.name);
      else users.set(used, [type.name]);
    }
  }
  const changed = new Set<string>();
  for (let name = toVisit.pop(); name !== undefined; name = toVisit.pop()) {
    if (changed.has(name)) continue;
    changed.add(name);
    toVisit.push(...(users.get(name) ?? []));
  }
  return changed;
}

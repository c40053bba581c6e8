/**
 * The elements of a schema, and what cannot be without what: a field without its type, for example. Elements of
 * GraphQL's own (introspection, built-in scalars and directives) are not among them.
 */

import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isSpecifiedDirective,
  isSpecifiedScalarType,
  isUnionType,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type GraphQLType,
} from 'graphql';

import { namesInDefault } from './default-names.ts';
import type { Dependency } from './reasons.ts';

export interface SchemaElement {
  readonly kind: 'type' | 'field' | 'inputField' | 'enumValue' | 'argument' | 'directive';
  readonly name: string;
  readonly coordinate: string;
  /** What it is a part of; null for types and directives. */
  readonly owner: SchemaElement | null;
  /** An argument or input field that has to be given. */
  readonly isRequired: boolean;
  /** What is hidden where this is. */
  readonly dependents: Dependent[];
  /** What is hidden where all its members are: the type of a field or value, the unions of an object type. */
  readonly memberOf: SchemaElement[];
  /** Number of its own members. */
  memberCount: number;
}

export interface Dependent {
  readonly element: SchemaElement;
  readonly why: Dependency;
}

interface Part {
  readonly kind: SchemaElement['kind'];
  readonly name: string;
  readonly owner: SchemaElement | null;
  readonly isRequired?: boolean;
}

export class SchemaElements {
  readonly #byCoordinate = new Map<string, SchemaElement>();
  /** Fields and arguments with their type, to connect once all elements are known. */
  readonly #typed: Array<readonly [SchemaElement, GraphQLType]> = [];
  readonly #inputs: Array<readonly [SchemaElement, GraphQLArgument | GraphQLInputField]> = [];

  constructor(schema: GraphQLSchema) {
    const types = Object.values(schema.getTypeMap()).filter(
      (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
    );
    for (const type of types) this.#addType(type);
    for (const { name, args } of schema.getDirectives().filter((known) => !isSpecifiedDirective(known))) {
      this.#addArguments(this.#add({ kind: 'directive', name, owner: null }), args);
    }
    for (const [element, type] of this.#typed) {
      this.at(getNamedType(type).name)?.dependents.push({ element, why: 'type' });
    }
    for (const [element, input] of this.#inputs) {
      for (const name of namesInDefault(input)) this.at(name)?.dependents.push({ element, why: 'default' });
    }
    for (const type of types) {
      if (isUnionType(type))
        for (const member of type.getTypes()) this.#connectMember(member.name, type.name);
    }
  }

  /** Types before their fields, fields before their arguments. */
  all(): Iterable<SchemaElement> {
    return this.#byCoordinate.values();
  }

  at(coordinate: string): SchemaElement | undefined {
    return this.#byCoordinate.get(coordinate);
  }

  #addType(type: GraphQLNamedType): void {
    const owner = this.#add({ kind: 'type', name: type.name, owner: null });
    if (isEnumType(type)) {
      for (const { name } of type.getValues()) this.#addMember({ kind: 'enumValue', name, owner });
    } else if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) {
        const isRequired = isRequiredInputField(field);
        const element = this.#addMember({ kind: 'inputField', name: field.name, owner, isRequired });
        this.#typed.push([element, field.type]);
        this.#inputs.push([element, field]);
        if (isRequired) element.dependents.push({ element: owner, why: 'requiredField' });
      }
    } else if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        const element = this.#addMember({ kind: 'field', name: field.name, owner });
        this.#typed.push([element, field.type]);
        this.#addArguments(element, field.args);
      }
    }
  }

  #addArguments(owner: SchemaElement, args: readonly GraphQLArgument[]): void {
    for (const argument of args) {
      const isRequired = isRequiredArgument(argument);
      const element = this.#add({ kind: 'argument', name: argument.name, owner, isRequired });
      this.#typed.push([element, argument.type]);
      this.#inputs.push([element, argument]);
      if (isRequired) element.dependents.push({ element: owner, why: 'requiredArgument' });
    }
  }

  #addMember(part: Part & { readonly owner: SchemaElement }): SchemaElement {
    const element = this.#add(part);
    element.memberOf.push(part.owner);
    part.owner.memberCount += 1;
    return element;
  }

  #connectMember(type: string, union: string): void {
    const [element, owner] = [this.at(type), this.at(union)];
    if (!element || !owner) return;
    element.memberOf.push(owner);
    owner.memberCount += 1;
  }

  #add({ kind, name, owner, isRequired = false }: Part): SchemaElement {
    const coordinate = coordinateOf(kind, name, owner);
    const element = {
      kind,
      name,
      coordinate,
      owner,
      isRequired,
      dependents: [],
      memberOf: [],
      memberCount: 0,
    };
    this.#byCoordinate.set(coordinate, element);
    return element;
  }
}

function coordinateOf(kind: SchemaElement['kind'], name: string, owner: SchemaElement | null): string {
  if (kind === 'directive') return `@${name}`;
  if (!owner) return name;
  return kind === 'argument' ? `${owner.coordinate}(${name}:)` : `${owner.coordinate}.${name}`;
}

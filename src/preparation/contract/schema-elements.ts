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
  readonly dependents: readonly Dependent[];
  /** Of an object type. */
  readonly unions: readonly SchemaElement[];
  /** Number of fields or values of a type, or of types of a union. Without any that is visible, it is hidden. */
  readonly memberCount: number;
}

export interface Dependent {
  readonly element: SchemaElement;
  readonly why: Dependency;
}

type Kind = SchemaElement['kind'];

/** While the elements are collected. Most have no dependents: they share the empty list. */
interface OpenElement extends SchemaElement {
  isRequired: boolean;
  dependents: Dependent[];
  unions: OpenElement[];
  memberCount: number;
}

const none: never[] = [];

export class SchemaElements {
  readonly #byCoordinate = new Map<string, OpenElement>();
  /** To connect once all elements are known. */
  readonly #withDefault: Array<readonly [OpenElement, GraphQLArgument | GraphQLInputField]> = [];

  constructor(schema: GraphQLSchema) {
    const types = Object.values(schema.getTypeMap()).filter(
      (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
    );
    const elements = types.map(({ name }) => this.#add('type', name, null));
    for (const [index, element] of elements.entries()) this.#addMembers(element, types[index]);
    for (const { name, args } of schema.getDirectives().filter((known) => !isSpecifiedDirective(known)))
      this.#addArguments(this.#add('directive', name, null), args);
    for (const [element, input] of this.#withDefault) {
      for (const name of namesInDefault(input))
        addDependent(this.#byCoordinate.get(name), element, 'default');
    }
  }

  /** Types before their fields, fields before their arguments. */
  all(): Iterable<SchemaElement> {
    return this.#byCoordinate.values();
  }

  at(coordinate: string): SchemaElement | undefined {
    return this.#byCoordinate.get(coordinate);
  }

  #addMembers(owner: OpenElement, type: GraphQLNamedType | undefined): void {
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        const element = this.#addMember('field', field.name, owner);
        this.#addUse(element, field.type);
        this.#addArguments(element, field.args);
      }
    } else if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) {
        const element = this.#addMember('inputField', field.name, owner);
        this.#addInput(element, field);
        element.isRequired = isRequiredInputField(field);
        if (element.isRequired) addDependent(element, owner, 'requiredField');
      }
    } else if (isEnumType(type)) {
      for (const { name } of type.getValues()) this.#addMember('enumValue', name, owner);
    } else if (isUnionType(type)) {
      owner.memberCount = type.getTypes().length;
      for (const { name } of type.getTypes()) {
        const member = this.#byCoordinate.get(name);
        if (member) member.unions = [...member.unions, owner];
      }
    }
  }

  #addMember(kind: Kind, name: string, owner: OpenElement): OpenElement {
    owner.memberCount += 1;
    return this.#add(kind, name, owner);
  }

  #addArguments(owner: OpenElement, args: readonly GraphQLArgument[]): void {
    for (const argument of args) {
      const element = this.#add('argument', argument.name, owner);
      this.#addInput(element, argument);
      element.isRequired = isRequiredArgument(argument);
      if (element.isRequired) addDependent(element, owner, 'requiredArgument');
    }
  }

  #addInput(element: OpenElement, input: GraphQLArgument | GraphQLInputField): void {
    this.#addUse(element, input.type);
    if (input.defaultValue !== undefined) this.#withDefault.push([element, input]);
  }

  #addUse(element: OpenElement, type: GraphQLType): void {
    addDependent(this.#byCoordinate.get(getNamedType(type).name), element, 'type');
  }

  #add(kind: Kind, name: string, owner: SchemaElement | null): OpenElement {
    const element: OpenElement = {
      kind,
      name,
      coordinate: coordinateOf(kind, name, owner),
      owner,
      isRequired: false,
      dependents: none,
      unions: none,
      memberCount: 0,
    };
    this.#byCoordinate.set(element.coordinate, element);
    return element;
  }
}

function addDependent(on: OpenElement | undefined, element: SchemaElement, why: Dependency): void {
  if (!on) return;
  if (on.dependents === none) on.dependents = [{ element, why }];
  else on.dependents.push({ element, why });
}

function coordinateOf(kind: Kind, name: string, owner: SchemaElement | null): string {
  if (kind === 'directive') return `@${name}`;
  if (!owner) return name;
  return kind === 'argument' ? `${owner.coordinate}(${name}:)` : `${owner.coordinate}.${name}`;
}

/**
 * Values that an operation passes in its document, under the types of both schemas: what was accepted and no longer is,
 * and what its resolvers get now and did not get before.
 */

import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isTypeSubTypeOf,
  Kind,
  typeFromAST,
  type ArgumentNode,
  type ASTNode,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  type ObjectValueNode,
  type ValueNode,
  type VariableDefinitionNode,
  type VariableNode,
} from 'graphql';

import { defaultText, sameDefault, type InputLocation } from './defaults.ts';
import type { ArgumentLists } from './field-changes.ts';
import { inputTypeChange, isSameKind } from './input-types.ts';
import { affected, broken, type Reasons, type MemberReason } from './reasons.ts';

export interface ValuesOptions {
  readonly base: GraphQLSchema;
  readonly head: GraphQLSchema;
  readonly variables: ReadonlyMap<string, VariableDefinitionNode>;
  readonly reasons: Reasons;
  /** Takes what makes the operation invalid, with the node at which `validate` reports it. */
  readonly refuse: (node: ASTNode, reason: MemberReason) => void;
}

/** One place that takes a value, in both schemas. */
interface LocationPair {
  readonly base: InputLocation;
  readonly head: InputLocation;
  /** Of the argument or the input field. */
  readonly coordinate: string;
  readonly is: 'argument' | 'input-field';
}

interface OmittedPair extends Omit<LocationPair, 'base'> {
  /** Undefined: the argument or input field is new. */
  readonly base: InputLocation | undefined;
  /** In which it is not. */
  readonly node: ASTNode;
}

export class ValueComparison {
  readonly #options: ValuesOptions;

  constructor(options: ValuesOptions) {
    this.#options = options;
  }

  compareArguments(lists: ArgumentLists, nodes: readonly ArgumentNode[], node: ASTNode): void {
    const nodesByName = new Map(nodes.map((argument) => [argument.name.value, argument]));
    const baseByName = new Map(lists.base.map((argument) => [argument.name, argument]));
    const coordinateOf = (name: string): string => `${lists.owner}(${name}:)`;
    for (const head of lists.head) {
      const base = baseByName.get(head.name);
      const coordinate = coordinateOf(head.name);
      const value = nodesByName.get(head.name)?.value;
      if (!value) this.#compareOmitted({ base, head, coordinate, is: 'argument', node });
      else if (base) this.#compareValue(value, { base, head, coordinate, is: 'argument' });
    }
    const headNames = new Set(lists.head.map(({ name }) => name));
    for (const base of lists.base) {
      if (headNames.has(base.name)) continue;
      const coordinate = coordinateOf(base.name);
      const argument = nodesByName.get(base.name);
      if (argument)
        this.#options.refuse(argument, broken('argument-removed', coordinate, `${coordinate} was removed`));
      else this.#compareRemoved(base, coordinate);
    }
  }

  /** The default of a variable. */
  compareDefault(definition: VariableDefinitionNode): void {
    if (!definition.defaultValue) return;
    const base = typeOf(this.#options.base, definition);
    const head = typeOf(this.#options.head, definition);
    if (!base || !head) return;
    const coordinate = getNamedType(base).name;
    this.#compareValue(definition.defaultValue, {
      base: { type: base },
      head: { type: head },
      coordinate,
      is: 'argument',
    });
  }

  #compareRemoved(base: InputLocation, coordinate: string): void {
    if (base.defaultValue === undefined) return;
    const message = `${coordinate} was removed: its default ${defaultText(base)} is no longer passed`;
    this.#options.reasons.add(affected('default-changed', coordinate, message));
  }

  #compareOmitted({ base, head, coordinate, is, node }: OmittedPair): void {
    if (isNonNullType(head.type) && head.defaultValue === undefined) {
      if (base) {
        const change = `${String(base.type)} is now ${String(head.type)}`;
        const message = `${coordinate} must be passed now: ${change}`;
        this.#options.refuse(node, broken(`${is}-became-required`, coordinate, message));
      } else {
        this.#options.refuse(
          node,
          broken(`required-${is}-added`, coordinate, `${coordinate} was added and is required`),
        );
      }
    } else if (!base) {
      if (head.defaultValue === undefined) return;
      const message = `${coordinate} was added with the default ${defaultText(head)}`;
      this.#options.reasons.add(affected(`${is}-default-added`, coordinate, message));
    } else {
      this.#compareDefaults({ base, head, coordinate, is });
    }
  }

  /** Of a place that is left out, or whose variable may be. */
  #compareDefaults({ base, head, coordinate, is }: LocationPair): void {
    const { reasons } = this.#options;
    if (!sameDefault(base, head)) {
      const message = `The default of ${coordinate} changed from ${defaultText(base)} to ${defaultText(head)}`;
      reasons.add(affected('default-changed', coordinate, message));
    } else if (base.defaultValue !== undefined && inputTypeChange(base.type, head.type) === 'changed') {
      reasons.add(affected(`${is}-type-changed`, coordinate, typeMessage({ base, head, coordinate, is })));
    }
  }

  #compareValue(value: ValueNode, pair: LocationPair): void {
    const { base, head, coordinate, is } = pair;
    if (value.kind === Kind.VARIABLE) return this.#compareVariable(value, pair);
    if (value.kind === Kind.NULL) {
      if (isNonNullType(head.type)) this.#refuseType(value, pair);
      return;
    }
    const baseType: GraphQLInputType = isNonNullType(base.type) ? base.type.ofType : base.type;
    const headType: GraphQLInputType = isNonNullType(head.type) ? head.type.ofType : head.type;
    if (isListType(baseType) && isListType(headType)) {
      const items = value.kind === Kind.LIST ? value.values : [value];
      const inner = { base: { type: baseType.ofType }, head: { type: headType.ofType }, coordinate, is };
      for (const item of items) this.#compareValue(item, inner);
    } else if (
      isInputObjectType(baseType) &&
      isInputObjectType(headType) &&
      baseType.name === headType.name
    ) {
      if (value.kind === Kind.OBJECT) this.#compareObject(value, baseType, headType);
    } else {
      this.#compareLeaf(value, { ...pair, base: { type: baseType }, head: { type: headType } });
    }
  }

  /** Also lists and input objects whose counterpart is something else. */
  #compareLeaf(value: ValueNode, pair: LocationPair): void {
    const { base, head } = pair;
    if (value.kind === Kind.ENUM && isEnumType(base.type) && isEnumType(head.type)) {
      const coordinate = `${base.type.name}.${value.value}`;
      if (base.type.name === head.type.name && !head.type.getValue(value.value)) {
        this.#options.refuse(value, broken('enum-value-removed', coordinate, `${coordinate} was removed`));
      }
    }
    if (String(base.type) === String(head.type) && isSameKind(base.type, head.type)) return;
    if (isLeafType(head.type) && !acceptsLiteral(head.type, value)) this.#refuseType(value, pair);
    else this.#options.reasons.add(affected(`${pair.is}-type-changed`, pair.coordinate, typeMessage(pair)));
  }

  #compareObject(value: ObjectValueNode, base: GraphQLInputObjectType, head: GraphQLInputObjectType): void {
    const nodesByName = new Map(value.fields.map((field) => [field.name.value, field]));
    const baseFields = base.getFields();
    const headFields = head.getFields();
    const coordinateOf = (name: string): string => `${base.name}.${name}`;
    for (const headField of Object.values(headFields)) {
      const pair = {
        base: baseFields[headField.name],
        head: headField,
        coordinate: coordinateOf(headField.name),
        is: 'input-field',
      } as const;
      const fieldValue = nodesByName.get(headField.name)?.value;
      if (!fieldValue) this.#compareOmitted({ ...pair, node: value });
      else if (pair.base) this.#compareValue(fieldValue, { ...pair, base: pair.base });
    }
    for (const baseField of Object.values(baseFields)) {
      const { name } = baseField;
      if (headFields[name]) continue;
      const node = nodesByName.get(name);
      const coordinate = coordinateOf(name);
      if (node)
        this.#options.refuse(node, broken('input-field-removed', coordinate, `${coordinate} was removed`));
      else this.#compareRemoved(baseField, coordinate);
    }
    if (head.isOneOf && !base.isOneOf && !isOneOfLiteral(value, this.#options.variables)) {
      const reason = broken('one-of-added', base.name, `${base.name} takes exactly one field now`);
      // A variable that may be null is reported where it is.
      const nodes = [value, ...value.fields.map((field) => field.value)];
      for (const node of nodes) this.#options.refuse(node, reason);
    }
  }

  #compareVariable(node: VariableNode, pair: LocationPair): void {
    const { base, head, coordinate, is } = pair;
    const definition = this.#options.variables.get(node.name.value);
    const type = definition && typeOf(this.#options.head, definition);
    if (!definition || !type) return;
    const hasDefault = definition.defaultValue !== undefined;
    const hasValue = isNonNullType(type) || (hasDefault && definition.defaultValue?.kind !== Kind.NULL);
    if (isNonNullType(head.type) && !isNonNullType(type)) {
      const isAllowed =
        (hasValue || head.defaultValue !== undefined) &&
        isTypeSubTypeOf(this.#options.head, type, head.type.ofType);
      if (!isAllowed) return this.#refuseVariable(node, pair);
    } else if (!isTypeSubTypeOf(this.#options.head, type, head.type)) {
      return this.#refuseVariable(node, pair);
    }
    if (!isNonNullType(type) && isNonNullType(base.type) !== isNonNullType(head.type)) {
      const message = `${typeMessage(pair)}, and $${node.name.value} may be null (values unknown)`;
      this.#options.reasons.add(affected(`${is}-type-changed`, coordinate, message));
    }
    if (!isNonNullType(type) && !hasDefault) this.#compareDefaults(pair);
  }

  #refuseVariable(node: VariableNode, pair: LocationPair): void {
    const message = `${typeMessage(pair)}, which $${node.name.value} does not fit`;
    this.#options.refuse(node, broken('variable-type-changed', pair.coordinate, message));
  }

  #refuseType(node: ValueNode, pair: LocationPair): void {
    this.#options.refuse(node, broken(`${pair.is}-type-changed`, pair.coordinate, typeMessage(pair)));
  }
}

function typeOf(schema: GraphQLSchema, { type }: VariableDefinitionNode): GraphQLInputType | undefined {
  return typeFromAST(schema, type) as GraphQLInputType | undefined;
}

function typeMessage({ base, head, coordinate }: LocationPair): string {
  return `The type of ${coordinate} changed: ${String(base.type)} is now ${String(head.type)}`;
}

function acceptsLiteral(type: GraphQLInputType, value: ValueNode): boolean {
  if (!isLeafType(type)) return true;
  try {
    return type.parseLiteral(value, null) !== undefined;
  } catch {
    return false;
  }
}

function isOneOfLiteral(
  { fields }: ObjectValueNode,
  variables: ReadonlyMap<string, VariableDefinitionNode>,
): boolean {
  const [field] = fields;
  if (!field || fields.length !== 1 || field.value.kind === Kind.NULL) return false;
  if (field.value.kind !== Kind.VARIABLE) return true;
  return variables.get(field.value.name.value)?.type.kind === Kind.NON_NULL_TYPE;
}

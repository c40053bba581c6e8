/** Checks what a contract claims to hide against the whole schema, one element at a time. */
import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isInterfaceType,
  isObjectType,
  isSpecifiedDirective,
  isSpecifiedScalarType,
  isUnionType,
  printSchema,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type GraphQLType,
} from 'graphql';

import type { Contract } from '../../../../src/pipeline/contract.ts';
import { hiddenPart, ownerOf } from '../../../../src/preparation/contract/explanation.ts';
import type { HiddenElements } from '../../../../src/preparation/contract/reasons.ts';
import type { Tags } from '../../../../src/preparation/contract/tags.ts';

/** Each element with what it is: its type and default value, members and interfaces aside. */
export function elementTexts(schema: GraphQLSchema): Map<string, string> {
  const texts = new Map<string, string>();
  const addInput = (coordinate: string, input: GraphQLArgument | GraphQLInputField): void => {
    const { type, astNode, deprecationReason } = input;
    texts.set(coordinate, JSON.stringify([String(type), astNode?.defaultValue?.kind, deprecationReason]));
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type) || isSpecifiedScalarType(type)) continue;
    texts.set(type.name, `${type.constructor.name} ${type.description ?? ''}`);
    if (isEnumType(type)) for (const { name } of type.getValues()) texts.set(`${type.name}.${name}`, 'value');
    if (isInputObjectType(type))
      for (const field of Object.values(type.getFields())) addInput(`${type.name}.${field.name}`, field);
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const coordinate = `${type.name}.${field.name}`;
      texts.set(coordinate, String(field.type));
      for (const argument of field.args) addInput(`${coordinate}(${argument.name}:)`, argument);
    }
  }
  for (const directive of schema.getDirectives()) {
    if (isSpecifiedDirective(directive)) continue;
    texts.set(`@${directive.name}`, 'directive');
    for (const argument of directive.args) addInput(`@${directive.name}(${argument.name}:)`, argument);
  }
  return texts;
}

/** Why the visible and the hidden elements are not those of the contract; empty if they are. */
export function wrongVerdicts(
  schema: GraphQLSchema,
  tags: Tags,
  verdict: { readonly contract: Contract; readonly hidden: HiddenElements },
): string[] {
  const { contract, hidden } = verdict;
  const has = (coordinate: string, wanted: readonly string[]): boolean =>
    [...(tags.get(coordinate) ?? [])].some((tag) => wanted.includes(tag));
  const problems: string[] = [];
  for (const coordinate of elementTexts(schema).keys()) {
    const owner = ownerOf(coordinate);
    const isExcluded = has(coordinate, contract.exclude);
    const isIncluded = has(coordinate, contract.include) || (owner !== null && has(owner, contract.include));
    const wantsTag = contract.include.length > 0 && needsInclusion(schema, coordinate);
    const isVisible = hiddenPart(coordinate, hidden) === null;
    const reason = hidden.get(coordinate);
    if (isVisible && (isExcluded || (wantsTag && !isIncluded))) problems.push(`${coordinate} is visible`);
    if (reason?.kind === 'excluded' && !isExcluded) problems.push(`${coordinate} is not excluded`);
    if (reason?.kind === 'notIncluded' && (!wantsTag || isIncluded))
      problems.push(`${coordinate} is included`);
    if (reason?.kind === 'implied' && hiddenPart(reason.by, hidden) !== reason.by)
      problems.push(`${coordinate} is hidden by ${reason.by}, which is not`);
    if (
      reason?.kind === 'empty' &&
      membersOf(schema.getType(coordinate)).some((member) => !hidden.has(member))
    )
      problems.push(`${coordinate} is not empty`);
    if (reason?.kind === 'unreachable' && has(coordinate, contract.include))
      problems.push(`${coordinate} has an included tag`);
  }
  return problems;
}

function needsInclusion(schema: GraphQLSchema, coordinate: string): boolean {
  const [type = '', member] = coordinate.split('.');
  const known = schema.getType(type);
  if (member === undefined) return isUnionType(known);
  return !member.endsWith(')') && (isObjectType(known) || isInterfaceType(known));
}

function membersOf(type: GraphQLNamedType | undefined): string[] {
  if (isUnionType(type)) return type.getTypes().map(({ name }) => name);
  if (isEnumType(type)) return type.getValues().map(({ name }) => `${type.name}.${name}`);
  if (!type || !('getFields' in type)) return [];
  return Object.keys(type.getFields()).map((name) => `${type.name}.${name}`);
}

/** Types and enum values that are hidden and yet occur in the text of a schema. */
export function mentionedNames(client: GraphQLSchema, hidden: HiddenElements): string[] {
  const words = new Set(printSchema(client).match(/\w+/g));
  const names = [...hidden.keys()].flatMap((coordinate) => {
    const isValue = /^E\d+\./.test(coordinate);
    return isValue || !/[.@]/.test(coordinate) ? [coordinate.slice(coordinate.indexOf('.') + 1)] : [];
  });
  return names.filter((name) => words.has(name));
}

/** Types that the roots do not lead to by fields, arguments, members, interfaces and implementations. */
export function looseTypes(schema: GraphQLSchema, kept: readonly string[]): string[] {
  const reached = new Set<string>();
  const toVisit: Array<GraphQLNamedType | null | undefined> = [
    schema.getQueryType(),
    schema.getMutationType(),
    schema.getSubscriptionType(),
    ...schema.getDirectives().flatMap(({ args }) => typesOf(args)),
    ...kept.map((name) => schema.getType(name)),
  ];
  for (const type of toVisit) {
    if (!type || reached.has(type.name)) continue;
    reached.add(type.name);
    if (isUnionType(type)) toVisit.push(...type.getTypes());
    if (isInterfaceType(type)) toVisit.push(...schema.getPossibleTypes(type));
    if (isObjectType(type) || isInterfaceType(type)) toVisit.push(...type.getInterfaces());
    if (isInputObjectType(type)) toVisit.push(...typesOf(Object.values(type.getFields())));
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) toVisit.push(...typesOf([field, ...field.args]));
  }
  return Object.values(schema.getTypeMap())
    .filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type) && !reached.has(type.name))
    .map(({ name }) => name);
}

function typesOf(elements: ReadonlyArray<{ readonly type: GraphQLType }>): GraphQLNamedType[] {
  return elements.map(({ type }) => getNamedType(type));
}

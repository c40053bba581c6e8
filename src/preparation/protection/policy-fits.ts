/** Checks a policy against the graph: with a misspelled name, a field that should be guarded would be accessible. */

import {
  getNamedType,
  isInputObjectType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  Kind,
  parse,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';

import { didYouMean } from '../../config/yaml/suggest.ts';
import type { PolicyOutline, RuleOutline } from '../../pipeline/authorization.ts';
import { errorText } from '../../shared/error-text.ts';
import { GatewayError } from '../../shared/errors.ts';
import { own } from '../../shared/records.ts';

/** @throws {GatewayError} `CONFIG_INVALID` with all problems, one per line. */
export function assertPolicyFits(schema: GraphQLSchema, outline: PolicyOutline): void {
  const problems = [...problemsOf(schema, outline)];
  if (problems.length === 0) return;
  throw new GatewayError('CONFIG_INVALID', problems.map((text) => `${outline.file}: ${text}`).join('\n'));
}

/** @throws {GatewayError} `CONFIG_INVALID` for names of `@policy` that the policy module does not define. */
export function assertPoliciesNamed(names: readonly string[], outline: PolicyOutline | null): void {
  const unknown = names.filter((name) => !outline?.named.includes(name));
  if (unknown.length === 0) return;
  const where = outline ? `"policies" of ${outline.file}` : 'a policy module (authorization.policy)';
  throw new GatewayError(
    'CONFIG_INVALID',
    `The supergraph uses @policy with ${unknown.map((name) => JSON.stringify(name)).join(', ')}: define them in ${where}`,
  );
}

function* problemsOf(schema: GraphQLSchema, outline: PolicyOutline): Generator<string> {
  for (const rule of [outline.fallback, outline.introspection]) {
    if (rule && rule.fragments.length > 0)
      yield 'the fallback rule and that of introspection have no fragment';
    if (rule?.conceals) yield 'the fallback rule and that of introspection cannot mask';
  }
  for (const [name, fields] of Object.entries(outline.types)) {
    const type = schema.getType(name);
    if (!isObjectType(type)) {
      yield notAnObject(schema, name, type);
      continue;
    }
    const fieldNames = Object.keys(type.getFields());
    for (const [field, rule] of Object.entries(fields)) {
      if (field !== '*' && !fieldNames.includes(field)) {
        yield `it has a rule for ${name}.${field}, which is not in the graph${didYouMean(field, fieldNames)}`;
      } else if (rule) {
        yield* ruleProblems(type, field, rule);
      }
    }
  }
}

function notAnObject(schema: GraphQLSchema, name: string, type: GraphQLNamedType | undefined): string {
  if (!type) {
    const objects = Object.values(schema.getTypeMap()).filter(
      (one) => isObjectType(one) && !one.name.startsWith('__'),
    );
    const hint = didYouMean(
      name,
      objects.map((one) => one.name),
    );
    return `it has rules for type ${name}, which is not in the graph${hint}`;
  }
  const what = isInputObjectType(type) || isLeafType(type) ? 'no object type' : 'an interface or union';
  return `it has rules for ${name}, which is ${what}: name object types`;
}

function* ruleProblems(type: GraphQLObjectType, field: string, rule: RuleOutline): Generator<string> {
  const at = `${type.name}.${field}`;
  const fields =
    field === '*' ? Object.values(type.getFields()) : [type.getFields()[field]].filter((one) => !!one);
  if (rule.conceals) {
    for (const { name, type: declared } of fields) {
      if (isLeafType(getNamedType(declared))) continue;
      yield `the rule of ${at} masks values, but ${type.name}.${name} is an object: mask its fields`;
    }
  }
  for (const fragment of rule.fragments) {
    const problem = fragmentProblem(type, fragment);
    if (problem !== undefined) yield `the fragment of a rule of ${at} ${problem}`;
  }
}

function fragmentProblem(type: GraphQLObjectType, fragment: string): string | undefined {
  let selections: FragmentSelections;
  try {
    selections = fragmentSelections(fragment);
  } catch (error) {
    return `cannot be read: ${errorText(error)}`;
  }
  const { on, selectionSet } = selections;
  if (on !== undefined && on !== type.name && !type.getInterfaces().some(({ name }) => name === on)) {
    return `is on ${on}`;
  }
  return selectionProblem(type, selectionSet);
}

function selectionProblem(type: GraphQLNamedType, { selections }: SelectionSetNode): string | undefined {
  for (const selection of selections) {
    if (selection.kind !== Kind.FIELD || selection.alias || selection.directives?.length) {
      return 'may hold only fields, without aliases and directives';
    }
    const fields = 'getFields' in type && !isInputObjectType(type) ? type.getFields() : {};
    const name = selection.name.value;
    const definition = own(fields, name);
    if (!definition)
      return `asks for ${type.name}.${name}, which is not in the graph${didYouMean(name, Object.keys(fields))}`;
    if (selection.arguments?.length)
      return `asks for ${type.name}.${name} with arguments, which is not supported`;
    if (definition.args.some(isRequiredArgument)) {
      return `asks for ${type.name}.${name}, which cannot be asked without arguments`;
    }
    const inner = getNamedType(definition.type);
    if (isLeafType(inner) === (selection.selectionSet !== undefined)) {
      return `asks for ${type.name}.${name} ${isLeafType(inner) ? 'with' : 'without'} fields of it`;
    }
    const problem = selection.selectionSet && selectionProblem(inner, selection.selectionSet);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

export interface FragmentSelections {
  /** Its type condition, where it has one. */
  readonly on: string | undefined;
  readonly selectionSet: SelectionSetNode;
}

/** `fragment Name on User { id }`, `... on User { id }` or `{ id }`. */
export function fragmentSelections(fragment: string): FragmentSelections {
  const text = fragment.trim();
  const document = parse(text.startsWith('...') ? `{ ${text} }` : text, { noLocation: true });
  const [definition] = document.definitions;
  if (definition?.kind === Kind.FRAGMENT_DEFINITION) {
    return { on: definition.typeCondition.name.value, selectionSet: definition.selectionSet };
  }
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('it is not a fragment');
  const [only] = definition.selectionSet.selections;
  if (definition.selectionSet.selections.length === 1 && only?.kind === Kind.INLINE_FRAGMENT) {
    return { on: only.typeCondition?.name.value, selectionSet: only.selectionSet };
  }
  return { on: undefined, selectionSet: definition.selectionSet };
}

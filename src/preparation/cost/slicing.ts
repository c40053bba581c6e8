/**
 * `requireOneSlicingArgument` of `@listSize`: exactly one slicing argument must be given. What a document shows is
 * refused as invalid; what depends on variables is listed for each request.
 */

import {
  getLocation,
  GraphQLError,
  Kind,
  type ASTVisitor,
  type FieldNode,
  type GraphQLArgument,
  type GraphQLNamedType,
  type ValidationContext,
  type ValueNode,
} from 'graphql';

import type { SlicingCheck, SliceVariable } from '../../pipeline/cost.ts';
import type { Clause } from '../../pipeline/clause.ts';
import { anyOf } from '../collect-fields.ts';
import { fieldVisits, type VisitedOperation } from '../field-visits.ts';
import { argumentSpecs } from '../protection/argument-spec.ts';
import type { ListSizeRule } from './cost-directives.ts';
import type { CostRules } from './cost-rules.ts';
import { sliceIn } from './list-sizes.ts';

/** A validation rule. */
export function slicingRule(rules: CostRules): (context: ValidationContext) => ASTVisitor {
  return (context) => ({
    Field(node) {
      const type = context.getParentType();
      const field = context.getFieldDef();
      if (!type || !field) return;
      for (const slicing of requiredSlicings(rules, { type, declared: field.args, node })) {
        const { given, variables, hasDefault, names } = slicing;
        const isPossible = given === 1 || (given === 0 && (variables.length > 0 || hasDefault));
        if (!isPossible)
          context.reportError(new GraphQLError(slicingProblem(slicing.field, names), { nodes: node }));
      }
    },
  });
}

export function slicingChecks(operation: VisitedOperation, rules: CostRules): SlicingCheck[] {
  if (!rules.requiresSlicing) return [];
  const checks = new Map<string, Slicing & { readonly at: SlicingCheck['at']; readonly clauses: Clause[] }>();
  for (const { node, type, clause } of fieldVisits(operation)) {
    const declared = 'getFields' in type ? (type.getFields()[node.name.value]?.args ?? []) : [];
    for (const slicing of requiredSlicings(rules, { type, declared, node })) {
      if (slicing.variables.length === 0 || !node.loc) continue;
      const at = getLocation(node.loc.source, node.loc.start);
      const key = JSON.stringify([slicing, at]);
      const known = checks.get(key);
      if (known) known.clauses.push(clause);
      else checks.set(key, { ...slicing, at, clauses: [clause] });
    }
  }
  return [...checks.values()].map(({ clauses, ...check }) => {
    const when = anyOf(clauses);
    return when ? { ...check, when } : check;
  });
}

function slicingProblem(field: string, names: readonly string[]): string {
  return `${field} needs exactly one of the arguments ${names.join(', ')}`;
}

type Slicing = Omit<SlicingCheck, 'at' | 'when'>;

interface SlicedField {
  readonly type: GraphQLNamedType;
  /** As the client sees them. */
  readonly declared: readonly GraphQLArgument[];
  readonly node: FieldNode;
}

function requiredSlicings(rules: CostRules, { type, declared, node }: SlicedField): Slicing[] {
  if (!rules.requiresSlicing) return [];
  const name = node.name.value;
  return rules.requiredSlices(type, name).map((rule) => ({
    field: `${type.name}.${name}`,
    ...slicesOf(rule, declared, node),
  }));
}

function slicesOf(
  { slicingArguments }: ListSizeRule,
  declared: readonly GraphQLArgument[],
  node: FieldNode,
): Omit<Slicing, 'field'> {
  const visible = slicingArguments.filter(([name]) => declared.some((argument) => argument.name === name));
  const values = argumentSpecs(declared, node);
  const variables: Array<Pick<SliceVariable, 'variable' | 'path'>> = [];
  let given = 0;
  let hasDefault = false;
  for (const [name = '', ...path] of visible) {
    const written = writtenAt(node.arguments?.find((argument) => argument.name.value === name)?.value, path);
    const slice = sliceIn(values.find((value) => value.name === name)?.value, path);
    if (written === 'value') given += 1;
    else if (written) variables.push(written);
    // What is not written has a value by default, as has a variable without one.
    if (written !== 'value' && (typeof slice === 'number' || slice?.otherwise !== undefined))
      hasDefault = true;
  }
  return { names: visible.map((path) => path.join('.')), given, variables, hasDefault };
}

/** @returns undefined where the document gives no value, or null. */
function writtenAt(
  value: ValueNode | undefined,
  path: readonly string[],
): 'value' | Pick<SliceVariable, 'variable' | 'path'> | undefined {
  if (!value || value.kind === Kind.NULL) return undefined;
  if (value.kind === Kind.VARIABLE) return { variable: value.name.value, path };
  const [name, ...rest] = path;
  if (name === undefined) return 'value';
  if (value.kind !== Kind.OBJECT) return undefined;
  return writtenAt(value.fields.find((field) => field.name.value === name)?.value, rest);
}

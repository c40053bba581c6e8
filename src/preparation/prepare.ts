/**
 * Prepares one operation: parses, validates and plans it, and computes everything else that is the same for all requests.
 * Worker only. Refusals are return values; an exception is a defect of the gateway.
 */

import {
  getOperationAST,
  GraphQLError,
  Kind,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type ValidationRule,
} from 'graphql';

import type { Contract } from '../pipeline/contract.ts';
import type { PreparationRequest } from '../pipeline/planning.ts';
import type {
  PlanNode,
  PreparationRefusal,
  PreparationResult,
  PreparedOperation,
} from '../pipeline/prepared.ts';
import { errorText } from '../shared/error-text.ts';
import { isGatewayError } from '../shared/errors.ts';
import { displayName } from '../shared/display-name.ts';
import { conditionVariablesOf, withConditions } from './planner-fixes/conditions.ts';
import type { ClientSchemaLimits } from './contract/client-schemas.ts';
import type { CostRules } from './cost/cost-rules.ts';
import { costDefaults, costSpec, type CostOptions } from './cost/operation-cost.ts';
import { slicingChecks, slicingRule } from './cost/slicing.ts';
import type { VisitedOperation } from './field-visits.ts';
import { partlyHidden, withRuntimeTypes } from './contract/runtime-types.ts';
import { finiteNumbersRule } from './finite-numbers.ts';
import { forgetParsedFetches } from './fetch-text.ts';
import { introspectionSpec, noIntrospectionRule } from './introspection.ts';
import type { LimitedFields } from './limited-fields/limited-fields.ts';
import { oneOfVariablesRule } from './one-of-variables.ts';
import { planOperation } from './plan-operation.ts';
import { isSurelyValid } from './quick-validation/document.ts';
import { ProjectionBuilder } from './projection-spec.ts';
import { adjusted } from './protection/adjust.ts';
import { CheckList } from './protection/check-list.ts';
import { Renamer } from './planner-fixes/renaming.ts';
import type { GraphOptions, LoadedSupergraph } from './supergraph/supergraph.ts';
import { variablesSpec } from './variables-spec.ts';
import { withoutValues } from '../shared/without-values.ts';

export interface PreparationOptions extends GraphOptions {
  /** Maximum number of tokens of a document. */
  readonly tokensMax: number;
  /** Whether validation errors may contain "Did you mean". */
  readonly suggestions: boolean;
  /** Bounds the schemas of clients that are kept. Default: as in gateway.yaml. */
  readonly clientSchemas?: ClientSchemaLimits;
  /** Default: `costDefaults`. */
  readonly cost?: CostOptions;
  /** Operations that nobody asked are planned right after the graph was loaded: `warm-up.ts`. Default: false. */
  readonly warmUp?: boolean;
}

/** For one client. */
export interface ClientPreparation extends PreparationOptions {
  /** The part of the API schema that the contract of the request leaves. Default: there is no contract. */
  readonly clientSchema?: GraphQLSchema;
}

const validationErrorsMax = 50;
const validationRules = [...specifiedRules, oneOfVariablesRule, finiteNumbersRule];

export function prepare(
  supergraph: LoadedSupergraph,
  request: PreparationRequest,
  options: ClientPreparation,
): PreparationResult {
  let document: DocumentNode;
  try {
    document = parse(request.query, { maxTokens: options.tokensMax });
  } catch (error) {
    return refuse('GRAPHQL_PARSE_FAILED', [error]);
  }
  return prepareDocument(supergraph, { request, document }, options);
}

interface ParsedRequest {
  readonly request: PreparationRequest;
  readonly document: DocumentNode;
}

export function prepareDocument(
  supergraph: LoadedSupergraph,
  { request, document }: ParsedRequest,
  options: ClientPreparation,
): PreparationResult {
  const { contract } = request;
  const { clientSchema } = options;
  if (contract && !clientSchema)
    throw new Error('An operation with a contract needs the schema of its client');
  const schema = clientSchema ?? supergraph.schema;
  const validationErrors =
    !supergraph.costs.requiresSlicing && isSurelyValid(schema, document)
      ? []
      : validate(schema, document, rulesFor(supergraph, contract), {
          maxErrors: validationErrorsMax,
          hideSuggestions: !options.suggestions,
        });
  if (validationErrors.length > 0) return refuse('GRAPHQL_VALIDATION_FAILED', validationErrors);

  const operation = getOperationAST(document, request.operationName);
  if (!operation) return refuse('OPERATION_RESOLUTION_FAILURE', [unknownOperation(request.operationName)]);
  if (operation.operation === 'subscription') {
    return refuse('OPERATION_NOT_SUPPORTED', ['Subscriptions are not supported over this transport']);
  }
  const conditionVariables = conditionVariablesOf(document, supergraph.requirements);
  const { labels = [], denied = [] } = request;
  const variant = { schema, labels, denied, contract, cost: options.cost ?? costDefaults };
  if (conditionVariables.length === 0) return prepareAlone(supergraph, document, { ...variant, operation });
  if (!request.conditions) {
    return {
      conditional: {
        conditionVariables,
        ...variablesSpec(schema, operation, fragmentsOf(document)),
      },
    };
  }
  const decided = withConditions(document, new Set(request.conditions));
  const decidedOperation = getOperationAST(decided, request.operationName) ?? operation;
  return prepareAlone(supergraph, decided, { ...variant, operation: decidedOperation });
}

/** Keeps nothing for the next operation. */
function prepareAlone(...terms: Parameters<typeof prepareOperation>): PreparationResult {
  try {
    return prepareOperation(...terms);
  } finally {
    forgetParsedFetches();
  }
}

function rulesFor({ costs }: LoadedSupergraph, contract: Contract | undefined): ValidationRule[] {
  return [
    ...validationRules,
    ...(contract?.introspection === false ? [noIntrospectionRule] : []),
    ...(costs.requiresSlicing ? [slicingRule(costs)] : []),
  ];
}

interface OperationVariant {
  readonly operation: OperationDefinitionNode;
  /** As the client sees it. */
  readonly schema: GraphQLSchema;
  readonly labels: readonly string[];
  readonly denied: readonly number[];
  readonly contract: Contract | undefined;
  readonly cost: CostOptions;
}

function prepareOperation(
  supergraph: LoadedSupergraph,
  document: DocumentNode,
  { operation, schema, labels, denied, contract, cost }: OperationVariant,
): PreparationResult {
  const { protection, renamed } = supergraph;
  const root = schema.getRootType(operation.operation);
  if (!root) return refuse('GRAPHQL_VALIDATION_FAILED', [`The schema has no ${operation.operation} type`]);
  const fragments = fragmentsOf(document);
  const renamer = new Renamer(supergraph.renamed);
  const checks = protection && new CheckList(supergraph.schema, protection);
  const schemas = { schema, whole: supergraph.schema };
  const hiding = partlyHidden(supergraph.interfaceObjects, schemas);
  const builder = new ProjectionBuilder(
    { schema, interfaceObjects: supergraph.interfaceObjects.filter((name) => !hiding.includes(name)) },
    {
      fragments,
      nameOf: renamer.nameOf,
      checks,
      dropHiddenOf: contract?.hiddenMembers === 'drop' ? supergraph.schema : null,
    },
  );
  const projection = builder.build(operation, root);
  const adjustment = {
    fragments,
    nameOf: renamer.nameOf,
    aliasPrefix: renamed.prefix,
    denied: new Set(denied),
  };
  const toPlan = checks
    ? adjusted(operation, { schema, graphSchema: supergraph.schema, checks, ...adjustment })
    : operation;
  const rootFields = builder.collectRoot(toPlan, root);
  const needsData = rootFields.some(({ node }) => !node.name.value.startsWith('__'));
  let plan: PlanNode | null;
  try {
    const typed = withRuntimeTypes({ operation: toPlan, fragments }, hiding, schemas);
    const options = { renamer, labels, fragments: typed.fragments };
    plan = needsData ? planOperation(supergraph, typed.operation, options) : null;
  } catch (error) {
    return isGatewayError(error)
      ? refuse('OPERATION_NOT_SUPPORTED', [error])
      : refuse('PLANNING_FAILED', ['This operation cannot be planned'], error);
  }
  return {
    prepared: {
      kind: operation.operation,
      name: operation.name?.value ?? null,
      ...variablesSpec(schema, operation, fragments),
      plan,
      projection,
      introspection: introspectionSpec(schema, operation, { fragments, fields: builder.schemaFields }),
      ...checksOf(checks),
      cost: costSpec({ operation, root, plan, fragments, schema }, supergraph, cost),
      ...slicingOf({ operation, fragments, schema }, supergraph.costs),
      ...limitedOf({ operation, fragments, schema }, supergraph.limitedFields),
    },
  };
}

function checksOf(list: CheckList | null): Pick<PreparedOperation, 'checks'> {
  const checks = list?.specs() ?? [];
  return checks.length === 0 ? {} : { checks };
}

function slicingOf(operation: VisitedOperation, costs: CostRules): Pick<PreparedOperation, 'slicing'> {
  const slicing = slicingChecks(operation, costs);
  return slicing.length === 0 ? {} : { slicing };
}

function limitedOf(
  operation: VisitedOperation,
  limits: LimitedFields | null,
): Pick<PreparedOperation, 'limitedFields'> {
  const limitedFields = limits?.selectionsIn(operation) ?? [];
  return limitedFields.length === 0 ? {} : { limitedFields };
}

function fragmentsOf(document: DocumentNode): Map<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return fragments;
}

function unknownOperation(name: string | null): string {
  return name === null
    ? 'The document has several operations: select one with "operationName"'
    : `The document has no operation named ${JSON.stringify(displayName(name))}`;
}

/** @param cause Logged, but not sent to the client. */
function refuse(
  code: PreparationRefusal['code'],
  errors: readonly unknown[],
  cause?: unknown,
): { readonly refused: PreparationRefusal } {
  const refused = { code, errors: errors.map(toRefusedError) };
  if (cause === undefined) return { refused };
  const detail = cause instanceof Error ? (cause.stack ?? cause.message) : JSON.stringify(cause);
  return { refused: { ...refused, detail } };
}

function toRefusedError(error: unknown): PreparationRefusal['errors'][number] {
  if (!(error instanceof GraphQLError)) {
    return { message: errorText(error) };
  }
  const message = withoutValues(error);
  return error.locations?.length
    ? { message, locations: error.locations.map(({ line, column }) => ({ line, column })) }
    : { message };
}

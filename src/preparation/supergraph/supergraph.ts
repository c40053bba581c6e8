/**
 * One loaded supergraph: the API schema, and the planner for the full schema.
 * Worker only: building these blocks a thread for seconds on a large supergraph.
 */

import type { Schema, Supergraph } from '@apollo/federation-internals';
import { QueryPlanner } from '@apollo/query-planner';
import { isAbstractType, parse, type DocumentNode, type GraphQLSchema } from 'graphql';

import type { PolicyOutline } from '../../pipeline/authorization.ts';
import { errorText } from '../../shared/error-text.ts';
import { GatewayError, isGatewayError } from '../../shared/errors.ts';
import { circularDefaults } from '../circular-defaults.ts';
import { definingOneOf } from '../composition/built-ins.ts';
import { CostRules } from '../cost/cost-rules.ts';
import { keepWrittenDefaults } from './default-values.ts';
import { contextFields } from '../planner-fixes/context-rewrites.ts';
import { narrowedFields, type NarrowedFields } from '../planner-fixes/narrowed-fields.ts';
import { plannable, schemaWithOwnNames } from './executable-directives.ts';
import { assertServable, withoutCosts } from './features.ts';
import { apiSchemaIn, fullSchemaOf } from './graphql-schemas.ts';
import { JoinSpec, withoutUselessKeys } from './join-spec.ts';
import { labelsIn } from './labels.ts';
import {
  limitedFieldsOf,
  type LimitedFieldNames,
  type LimitedFields,
} from '../limited-fields/limited-fields.ts';
import { rateLimitsOf } from '../limited-fields/rate-limits.ts';
import type { RateLimit } from '../worker-protocol.ts';
import { protectionOf, type Protection } from '../protection/protection.ts';
import { readRequirements, type Requirements } from './requirements.ts';
import { renamedNames, type RenamedNames } from '../planner-fixes/renaming.ts';
import { assumedSupergraph, validatedSupergraph } from './validated-supergraph.ts';

export interface LoadedSupergraph {
  readonly sdl: string;
  /** The API schema, for graphql-js. */
  readonly schema: GraphQLSchema;
  /** With what clients do not see. */
  readonly fullSchema: GraphQLSchema;
  /** The API schema, for the planner. */
  readonly plannerSchema: Schema;
  /** Made when it is first read: checks of a graph do without. */
  readonly planner: QueryPlanner;
  readonly joins: JoinSpec;
  readonly requirements: Requirements;
  readonly narrowed: NarrowedFields;
  /** Interfaces that are an object type in some subgraph: their name may occur as `__typename`. */
  readonly interfaceObjects: readonly string[];
  readonly renamed: RenamedNames;
  /** The guards of fields and objects; null: there are none. */
  readonly protection: Protection | null;
  readonly costs: CostRules;
  /** Of `@rateLimit`. */
  readonly rateLimits: readonly RateLimit[];
  /** Fields with limits of their own. Null: there are none. */
  readonly limitedFields: LimitedFields | null;
  /** Of `@override(label:)`. */
  readonly labels: readonly string[];
  /** Names of the types that a type condition matches, its own among them. */
  readonly typesOf: (condition: string) => readonly string[];
  /** Subgraph names and urls, in the order of the supergraph. */
  readonly subgraphs: ReadonlyArray<{ readonly name: string; readonly url: string }>;
}

/** What the configuration says of fields. */
export interface GraphOptions {
  /** The fields with a policy rule. Default: there is no policy. */
  readonly policy?: PolicyOutline | null;
  /** Fields that limits go by. Default: none. */
  readonly limitedFields?: LimitedFieldNames | null;
}

export interface LoadOptions extends GraphOptions {
  /** It was composed or validated before. Default: false. */
  readonly isValid?: boolean;
  /** Whether the policies that `@policy` names have to be defined in `policy`. Default: true. */
  readonly needsPolicies?: boolean;
}

/** With the planner's default of 10 000 some small operations take seconds; in tests, 1 000 gave equally good plans. */
const evaluatedPlansMax = 1000;

/**
 * Loads a supergraph that has no feature which this gateway does not support or enforce.
 *
 * @param allowUnenforced Directives that the configuration accepts although the gateway does not enforce them.
 * @throws {GatewayError} As `assertServable` and `loadSupergraph`.
 */
export function loadServable(
  sdl: string,
  allowUnenforced: readonly string[],
  options: LoadOptions = {},
): LoadedSupergraph {
  const document = orInvalid(() => parsed(sdl));
  assertServable(document, allowUnenforced);
  return loaded({ sdl, document }, options);
}

/**
 * Loads every known feature, enforced or not: see `loadServable`.
 *
 * @throws {GatewayError} `SUPERGRAPH_INVALID` with what is wrong; `CONFIG_INVALID` for a policy or limits that do not fit.
 */
export function loadSupergraph(sdl: string, options: LoadOptions = {}): LoadedSupergraph {
  return loaded({ sdl, document: orInvalid(() => parsed(sdl)) }, options);
}

/**
 * The same where the gateway's configuration, which has the policies that `@policy` names, is not at hand: for checks.
 *
 * @throws {GatewayError} `SUPERGRAPH_INVALID`.
 */
export function loadUnconfigured(sdl: string): LoadedSupergraph {
  return loadSupergraph(sdl, { needsPolicies: false });
}

/** A supergraph as text and as a document. */
interface ParsedSupergraph {
  readonly sdl: string;
  readonly document: DocumentNode;
}

/** Tokens and places of all nodes would take as much memory again: where they are needed, the text is parsed again. */
function parsed(sdl: string): DocumentNode {
  return parse(sdl, { noLocation: true });
}

function loaded(parts: ParsedSupergraph, options: LoadOptions): LoadedSupergraph {
  const { policy: outline = null, limitedFields = null, isValid = false, needsPolicies = true } = options;
  const { sdl } = parts;
  return orInvalid(() => {
    const { document, joins, supergraph, plannerSchema, schema, fullSchema } = built(parts, { isValid });
    const requirements = readRequirements(joins, fullSchema);
    const contexts = contextFields(document);
    const rateLimits = rateLimitsOf(document, schema);
    const renamed = renamedNames(fullSchema, joins);
    let planner: QueryPlanner | undefined;
    return {
      sdl,
      schema,
      fullSchema,
      plannerSchema,
      get planner() {
        return (planner ??= orInvalid(
          () =>
            new QueryPlanner(supergraph, {
              exposeDocumentNodeInFetchNode: false,
              debug: { maxEvaluatedPlans: evaluatedPlansMax },
            }),
        ));
      },
      joins,
      narrowed: narrowedFields(joins, fullSchema),
      requirements: {
        ...requirements,
        fieldNames: new Set([...requirements.fieldNames, ...contexts.consumers]),
      },
      interfaceObjects: joins.interfaceObjects,
      renamed: {
        ...renamed,
        always: new Set([...renamed.always, ...withArguments(fullSchema, contexts.sources)]),
      },
      protection: protectionOf({ supergraph: document, schema, fullSchema, joins, outline, needsPolicies }),
      costs: new CostRules(document, fullSchema),
      rateLimits,
      limitedFields: limitedFieldsOf(schema, limitedFields, rateLimits),
      labels: joins.hasLabels ? labelsIn(document) : [],
      typesOf: typeMatcher(fullSchema),
      subgraphs: subgraphsOf(supergraph),
    };
  });
}

/** The API schema alone, without a planner. @throws {GatewayError} `SUPERGRAPH_INVALID`. */
export function apiSchemaOf(sdl: string): GraphQLSchema {
  return orInvalid(() => built({ sdl, document: parsed(sdl) }, { isValid: false }).schema);
}

interface BuiltSupergraph extends Pick<
  LoadedSupergraph,
  'joins' | 'plannerSchema' | 'schema' | 'fullSchema'
> {
  readonly document: DocumentNode;
  readonly supergraph: Supergraph;
}

function built(parts: ParsedSupergraph, { isValid }: { readonly isValid: boolean }): BuiltSupergraph {
  if (!isValid) refuseCircularDefaults(parts.document);
  const document = forPlanner(parts.document);
  const joins = new JoinSpec(document);
  const planned = withoutCosts(document);
  const supergraph = isValid
    ? assumedSupergraph(planned)
    : validatedSupergraph(planned, () => withoutCosts(forPlanner(parse(parts.sdl))));
  const plannerSchema = supergraph.apiSchema();
  const fullSchema = fullSchemaOf(planned);
  const planner = { full: supergraph.schema, api: plannerSchema };
  const schema = schemaWithOwnNames(apiSchemaIn(planned, fullSchema, planner));
  keepWrittenDefaults(schema, document);
  return { document, joins, supergraph, plannerSchema, schema, fullSchema };
}

function refuseCircularDefaults(document: DocumentNode): void {
  const circular = circularDefaults(document);
  if (circular.length > 0) throw new Error(circular.map(({ message }) => message).join('\n'));
}

function forPlanner(document: DocumentNode): DocumentNode {
  return withoutUselessKeys(plannable(definingOneOf(document)));
}

function orInvalid<Result>(load: () => Result): Result {
  try {
    return load();
  } catch (error) {
    if (isGatewayError(error)) throw error;
    throw new GatewayError('SUPERGRAPH_INVALID', messageOf(error), { cause: error });
  }
}

/** The client and a context may select one field with different arguments: both are fetched, with different names. */
function withArguments(schema: GraphQLSchema, names: ReadonlySet<string>): ReadonlySet<string> {
  const results = new Set<string>();
  if (names.size === 0) return results;
  for (const type of Object.values(schema.getTypeMap())) {
    if (!('getFields' in type)) continue;
    for (const field of Object.values(type.getFields())) {
      if ('args' in field && field.args.length > 0 && names.has(field.name)) results.add(field.name);
    }
  }
  return results;
}

function subgraphsOf(supergraph: Supergraph): Array<{ name: string; url: string }> {
  const results: Array<{ name: string; url: string }> = [];
  for (const { name, url } of supergraph.subgraphsMetadata()) results.push({ name, url });
  return results;
}

function typeMatcher(schema: GraphQLSchema): (condition: string) => readonly string[] {
  const cache = new Map<string, readonly string[]>();
  return (condition) => {
    let names = cache.get(condition);
    if (!names) {
      const type = schema.getType(condition);
      const subtypes = type && isAbstractType(type) ? subtypesOf(schema, condition) : [];
      names = [condition, ...subtypes.filter((name) => name !== condition)];
      cache.set(condition, names);
    }
    return names;
  };
}

function subtypesOf(schema: GraphQLSchema, condition: string): string[] {
  const type = schema.getType(condition);
  if (!type || !isAbstractType(type)) return [];
  const names = schema.getPossibleTypes(type).map((t) => t.name);
  if ('getInterfaces' in type) {
    names.push(...schema.getImplementations(type).interfaces.map((t) => t.name));
  }
  return names;
}

function messageOf(error: unknown): string {
  if (error instanceof Error && 'causes' in error && Array.isArray(error.causes)) {
    return error.causes.map((cause: unknown) => errorText(cause)).join('\n');
  }
  return errorText(error);
}

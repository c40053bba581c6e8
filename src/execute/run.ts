/** The state of one executing operation. */

import type { AnswerError, CoercedVariables, Fallback } from '../pipeline/answer.ts';
import type { RefusedServices } from '../pipeline/cost.ts';
import type { VariableUse } from '../pipeline/prepared.ts';
import type { ShapedDocument } from '../pipeline/shapes.ts';
import type { RequestContext } from '../pipeline/request.ts';
import { jsonText } from '../shared/exact-json.ts';
import type { Subgraph } from '../sources/source.ts';
import type { EntityLoader } from './entity-loader.ts';
import type { Data } from './merge.ts';

/** An error and the paths that it nulled in the merged data. The answer lists it once per path that the client sees. */
export interface Report extends Omit<AnswerError, 'path'> {
  /** In the names of the merged data. Empty: it concerns no particular field. */
  readonly paths: ReadonlyArray<ReadonlyArray<string | number>>;
}

export interface Run {
  /** Grows as fetches answer. */
  readonly data: Data;
  readonly isMutation: boolean;
  readonly reports: Report[];
  /** Paths that are null because of an error reported elsewhere: nulls there need no error of their own. */
  readonly explainedPaths: Array<ReadonlyArray<string | number>>;
  readonly variables: CoercedVariables;
  /** Null: the operation was prepared for the document of this request alone. */
  readonly document: ShapedDocument | null;
  readonly context: RequestContext;
  readonly subgraphs: ReadonlyMap<string, Subgraph>;
  readonly limits: ExecutionLimits;
  /** Services that are not asked. Undefined: none. */
  readonly refused: RefusedServices | undefined;
  readonly state: OperationState;
}

/** Shared by the parts of a split operation. */
export interface OperationState {
  /** Subgraph calls so far. */
  calls: number;
  readonly entities: EntityLoader;
  /** JSON text of variables with lists or objects, by name: many fetches may send the same large variable. */
  readonly variableTexts: Map<string, string>;
  /** Undefined: no fallback was used. */
  fallbacks: FallbacksUsed | undefined;
  /** Why the runtime types of these objects were not fetched. Undefined: all were. */
  untyped: Map<Data, Omit<Report, 'paths'>> | undefined;
}

export interface FallbacksUsed {
  /** Paths in the names of the merged data. */
  readonly marks: Fallback[];
  /** Response names with a declared value, by object. */
  readonly filled: Map<object, Set<string>>;
}

export interface ExecutionLimits {
  /** Subgraph calls per operation. */
  readonly subgraphCallsMax: number;
  /** Errors in one answer; the last one counts further ones. */
  readonly errorsMax: number;
}

/** What a fetch sends besides variables of the operation: JSON text. */
export interface FetchInputs {
  /** A list; null: not a fetch of entities. */
  readonly representations: string | null;
  /** Members of the variables object, see `context-groups.ts`; empty: none. */
  readonly context: string;
}

/** The variables of a fetch as the JSON text of an object. */
export function variablesText(
  run: Run,
  uses: readonly VariableUse[],
  { representations, context }: FetchInputs,
): string {
  let text = context;
  for (const use of uses) {
    const member = memberText(run, use);
    if (member !== '') text += `${text === '' ? '' : ','}${member}`;
  }
  if (representations !== null) text += `${text === '' ? '' : ','}"representations":${representations}`;
  return `{${text}}`;
}

/** A variable as a member of an object, in JSON; empty: it has no value. */
export function memberText(run: Run, { name, from }: VariableUse): string {
  const value = run.variables.get(from);
  return value === undefined ? '' : `${JSON.stringify(name)}:${valueText(run, from, value)}`;
}

function valueText({ state }: Run, variable: string, value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  let text = state.variableTexts.get(variable);
  if (text === undefined) state.variableTexts.set(variable, (text = jsonText(value)));
  return text;
}

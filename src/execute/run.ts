/** The state of one operation being executed. */

import type { AnswerError, CoercedVariables, Fallback } from '../pipeline/answer.ts';
import type { VariableUse } from '../pipeline/prepared.ts';
import type { RequestContext } from '../pipeline/request.ts';
import { jsonText } from '../shared/exact-json.ts';
import type { Subgraph } from '../sources/source.ts';
import type { EntityLoader } from './entity-loader.ts';
import type { Data } from './merge.ts';

/** An error, and where it nulled the merged data; it stands in the answer once for each path that the client sees. */
export interface Report extends Omit<AnswerError, 'path'> {
  /** In the names of the merged data. None: it is about no field in particular. */
  readonly paths: ReadonlyArray<ReadonlyArray<string | number>>;
}

export interface Run {
  /** Grows as fetches answer. */
  readonly data: Data;
  readonly isMutation: boolean;
  readonly reports: Report[];
  /** Paths below which an error that is reported elsewhere left nothing: nulls there need no error of their own. */
  readonly explained: Array<ReadonlyArray<string | number>>;
  readonly variables: CoercedVariables;
  readonly context: RequestContext;
  readonly subgraphs: ReadonlyMap<string, Subgraph>;
  readonly limits: ExecutionLimits;
  readonly shared: SharedRun;
}

/** What the parts of a split operation have in common. */
export interface SharedRun {
  /** Subgraph calls so far. */
  calls: number;
  readonly entities: EntityLoader;
  /** JSON text of variables that hold lists or objects, by name: each of many fetches may send a large one. */
  readonly variableTexts: Map<string, string>;
  /** Undefined: every value is what its service gave now. */
  fallbacks: FallbacksUsed | undefined;
}

export interface FallbacksUsed {
  /** With paths in the names of the merged data. */
  readonly marks: Fallback[];
  /** Names that have a declared value, by the object they are in. */
  readonly filled: Map<object, Set<string>>;
}

export interface ExecutionLimits {
  /** Subgraph calls per operation. */
  readonly subgraphCallsMax: number;
  /** Errors in one answer; further ones are counted in the last. */
  readonly errorsMax: number;
}

/**
 * JSON text of an object with the variables a fetch uses; `representations` is JSON text already.
 *
 * @param context JSON text of further members, see `context-groups.ts`.
 */
export function variablesText(
  run: Run,
  uses: readonly VariableUse[],
  representations: string | null,
  context = '',
): string {
  let text = context;
  for (const { name, from } of uses) {
    const value = run.variables.get(from);
    if (value === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${valueText(run, from, value)}`;
  }
  if (representations !== null) text += `${text === '' ? '' : ','}"representations":${representations}`;
  return `{${text}}`;
}

function valueText({ shared }: Run, variable: string, value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  let text = shared.variableTexts.get(variable);
  if (text === undefined) shared.variableTexts.set(variable, (text = jsonText(value)));
  return text;
}

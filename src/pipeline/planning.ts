/** What a planner is asked, and how requests share it. Types only. */

/** What the planner is asked to prepare: an operation, and what decides how it is planned. */
export interface PreparationRequest {
  readonly query: string;
  readonly operationName: string | null;
  /** Of the variables that an earlier answer called `conditional`, those that are true. */
  readonly conditions?: readonly string[];
  /** Labels of `@override` that hold. Default: none. */
  readonly labels?: readonly string[];
  /** Numbers of the checks that were denied: what they guard is not fetched. Default: none. */
  readonly denied?: readonly number[];
}

/** In whose turn the planner is asked. */
export interface Turn {
  /** Each client gets its share of the planner's time. The empty name is the gateway itself. */
  readonly client: string;
  /** Ends the wait for the turn; what has begun goes on. Absent: nothing does. */
  readonly signal?: AbortSignal;
}

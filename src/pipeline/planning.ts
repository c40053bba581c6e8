/** How requests share the planner. Types only. */

/** In whose turn the planner is asked. */
export interface Turn {
  /** Each client gets its share of the planner's time. The empty name is the gateway itself. */
  readonly client: string;
  /** Ends the wait for the turn; what has begun goes on. Absent: nothing does. */
  readonly signal?: AbortSignal;
}

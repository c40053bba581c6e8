/** When a field is selected, by `@skip` and `@include`. Types only. */

/** Variables that must be true, and variables that must be false. */
export interface Clause {
  readonly yes: readonly string[];
  readonly no: readonly string[];
}

export interface RuleDescription {
  /** A few words, without an end mark. */
  readonly title: string;
  /** What is found, and why it matters. Sentences. */
  readonly description: string;
  /** What to do instead. Sentences. */
  readonly wayOut: string;
}

export type RuleEntry = readonly [rule: string, description: RuleDescription];

export function rule(
  name: string,
  title: string,
  [description, wayOut]: readonly [string, string],
): RuleEntry {
  return [name, { title, description, wayOut }];
}

/** How elements are withdrawn that can be deprecated. */
export const deprecateFirst =
  'deprecate it with a reason that names the replacement, wait until no active version of a client uses it, then remove it';

/** Of changes that break nobody. */
export const nothingToDo = 'Nothing is to be done.';

/** Why elements of the graph are hidden from a client. Types only. */

export type Reason =
  | { readonly kind: 'excluded'; readonly tag: string }
  | { readonly kind: 'notIncluded' }
  /** Because `by` is hidden. */
  | { readonly kind: 'implied'; readonly by: string; readonly why: Implication }
  /** `last` is the last of its members that was hidden. */
  | { readonly kind: 'empty'; readonly last: string }
  | { readonly kind: 'unreachable' };

/** What an element loses: its type, an argument or field it requires, or something that its default value names. */
export type Dependency = 'type' | 'requiredArgument' | 'requiredField' | 'default';

/**
 * `implementation`: an implementation of the interface hides the field or argument.
 * `implementationRequires`: one requires an argument of the field that the interface hides.
 */
export type Implication = Dependency | 'implementation' | 'implementationRequires';

/** By coordinate. Parts of a hidden element are hidden with it, without being listed. */
export type HiddenElements = ReadonlyMap<string, Reason>;

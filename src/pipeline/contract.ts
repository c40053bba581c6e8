/** Which part of the graph a client sees. Types only. */

/** Of one client; clients with equal contracts share what is prepared for them. */
export interface Contract {
  /** SHA-256 of what the others say, in hex: operations are cached by it. */
  readonly id: string;
  /** Tags. Fields of objects and interfaces, and unions, without one of them are hidden. Empty: none is. */
  readonly include: readonly string[];
  /** Tags. Whatever has one of them is hidden, even if it has an included tag. */
  readonly exclude: readonly string[];
  /** Types that no visible root field leads to are hidden, unless they have an included tag themselves. */
  readonly hideUnreachableTypes: boolean;
  /** What has to be hidden because of something else that is: `cascade` hides it, `strict` refuses the contract. */
  readonly mode: 'strict' | 'cascade';
  /** Whether `__schema` and `__type` are answered. */
  readonly introspection: boolean;
  /** Members of a list whose type is hidden: null with an error, or left out. Elsewhere they are always null. */
  readonly hiddenMembers: 'null' | 'drop';
}

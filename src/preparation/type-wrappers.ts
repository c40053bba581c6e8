/** The wrappers of a type as text, outermost first. */

import { isListType, isNonNullType } from 'graphql';

/** `[ID!]!` is `![!`. */
export function wrappersOf(type: unknown): string {
  if (isNonNullType(type)) return `!${wrappersOf(type.ofType)}`;
  if (isListType(type)) return `[${wrappersOf(type.ofType)}`;
  return '';
}

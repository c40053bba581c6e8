/** Defaults of arguments and input fields. */

import { isDeepStrictEqual } from 'node:util';

import { astFromValue, print, type GraphQLInputType, type InputValueDefinitionNode } from 'graphql';

import { cutText } from '../../shared/cut-text.ts';
import { hasChangingNumber } from '../../shared/schema-text.ts';

/** Where a value is expected: an argument, an input field, or an item of a list, which has no default. */
export interface InputLocation {
  readonly type: GraphQLInputType;
  /** With what it contains filled in. Undefined: none. */
  readonly defaultValue?: unknown;
  readonly astNode?: InputValueDefinitionNode | null | undefined;
}

export function sameDefault(base: InputLocation, head: InputLocation): boolean {
  return isDeepStrictEqual(base.defaultValue, head.defaultValue) && numbersIn(base) === numbersIn(head);
}

/** Services get their digits, which `defaultValue` may have rounded: where it has, the text. */
function numbersIn({ astNode }: InputLocation): string | null {
  const written = astNode?.defaultValue;
  return written && hasChangingNumber(written) ? print(written) : null;
}

const textLengthMax = 80;

/** As a sentence names it. */
export function defaultText({ type, defaultValue, astNode }: InputLocation): string {
  if (defaultValue === undefined) return 'nothing';
  return cutText(
    astNode?.defaultValue ? print(astNode.defaultValue) : literalText(defaultValue, type),
    textLengthMax,
  );
}

function literalText(value: unknown, type: GraphQLInputType): string {
  try {
    const node = astFromValue(value, type);
    return node ? print(node) : 'null';
  } catch {
    // Objects of custom scalars have no literals.
    return JSON.stringify(value);
  }
}

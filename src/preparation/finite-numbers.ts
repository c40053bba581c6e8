/** A validation rule that graphql-js lacks: `1e400` is not a valid Float, and would be sent as null or not at all. */

import {
  getNamedType,
  GraphQLError,
  GraphQLFloat,
  type ASTVisitor,
  type ValidationContext,
  type ValueNode,
} from 'graphql';

import { isTooLarge, tooLarge } from '../shared/exact-number.ts';

export function finiteNumbersRule(context: ValidationContext): ASTVisitor {
  const refuse = (node: ValueNode): void => {
    const { name } = getNamedType(context.getInputType()) ?? GraphQLFloat;
    context.reportError(new GraphQLError(`${name} cannot represent it: ${tooLarge}`, { nodes: node }));
  };
  return {
    FloatValue(node) {
      if (isTooLarge(node.value)) refuse(node);
    },
    IntValue(node) {
      const isFloat = getNamedType(context.getInputType()) === GraphQLFloat;
      if (isFloat && !Number.isFinite(Number(node.value))) refuse(node);
    },
  };
}

/** Whether a request fits its prepared operation: its method, its variables, and literals that are variables. */

import type { CoercedVariables } from '../pipeline/answer.ts';
import type { PreparedOperation } from '../pipeline/prepared.ts';
import type { Read } from '../pipeline/stages.ts';
import { GatewayError } from '../shared/errors.ts';
import { slicingErrors } from './cost/slicing.ts';
import { operationRefused } from './refused.ts';
import type { TextOfShape } from './shapes/shaped-documents.ts';
import type { CoerceVariables } from './variables.ts';

interface Operation {
  readonly operation: { readonly prepared: PreparedOperation };
  readonly coerce: CoerceVariables;
}

/** @throws {GatewayError} `METHOD_NOT_ALLOWED`. */
export function assertAllowed({ queryOnly }: Read, { operation }: Pick<Operation, 'operation'>): void {
  if (!queryOnly || operation.prepared.kind === 'query') return;
  throw new GatewayError(
    'METHOD_NOT_ALLOWED',
    'Only queries may be sent by GET: send this operation by POST',
  );
}

/** @throws {GatewayError} `BAD_USER_INPUT`. */
export function fittingVariables({ coerce, operation }: Operation, read: Read): CoercedVariables {
  const variables = coerced(coerce, read.request.variables);
  const { slicing } = operation.prepared;
  const errors = slicing ? slicingErrors(slicing, variables) : [];
  if (errors.length > 0) throw operationRefused('BAD_USER_INPUT', errors);
  return variables;
}

/** Undefined: a variable or a literal does not fit. What is wrong is said of the document itself, not of its shape. */
export function variablesIfFitting(
  { coerce, operation }: Operation,
  { request }: Read,
  { literals }: TextOfShape,
): CoercedVariables | undefined {
  const coercion = coerce(request.variables, literals);
  if ('errors' in coercion) return undefined;
  const { variables } = coercion;
  const { slicing } = operation.prepared;
  return slicing && slicingErrors(slicing, variables).length > 0 ? undefined : variables;
}

/** @throws {GatewayError} `BAD_USER_INPUT`. */
export function coerced(coerce: CoerceVariables, values: Read['request']['variables']): CoercedVariables {
  const coercion = coerce(values);
  if ('variables' in coercion) return coercion.variables;
  throw operationRefused('BAD_USER_INPUT', coercion.errors);
}

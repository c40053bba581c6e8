/** A GraphQL request error: the operation is not acceptable, so none of it was executed. */

import { GatewayError, type ErrorCode, type RequestError } from '../shared/errors.ts';

/** @param errors At least one. */
export function operationRefused(code: ErrorCode, errors: readonly RequestError[]): GatewayError {
  return new GatewayError(code, errors[0]?.message ?? 'This operation is not acceptable', { errors });
}

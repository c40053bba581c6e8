/** A GraphQL request error: the operation itself is not acceptable, so nothing of it was executed. */

import { GatewayError, type ErrorCode } from '../shared/errors.ts';

export interface RefusedError {
  readonly message: string;
  readonly locations?: ReadonlyArray<{ readonly line: number; readonly column: number }>;
}

export class OperationRefused extends GatewayError {
  /** At least one. */
  readonly errors: readonly RefusedError[];

  constructor(code: ErrorCode, errors: readonly RefusedError[]) {
    super(code, errors[0]?.message ?? 'This operation is not acceptable');
    this.errors = errors;
  }
}

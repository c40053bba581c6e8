/**
 * The errors a client may see.
 *
 * Add a code here first, then at the same place to docs/errors.md (test/layout/layout.test.ts compares the two).
 * Anything thrown that is not a `GatewayError` reaches the client as `INTERNAL_ERROR`, without its message.
 */

interface ErrorTraits {
  readonly httpStatus: number;
  /** The default, which an error may override. */
  readonly retryable: boolean;
  /**
   * The operation is refused, not the HTTP request: GraphQL over HTTP has status 200 for it under `application/json`.
   * Default false.
   */
  readonly isOperation?: true;
}

/** Codes are a public contract: never rename one, never reuse one. */
export const errorCodes = {
  // The request, before an operation is known
  BAD_REQUEST: { httpStatus: 400, retryable: false },
  METHOD_NOT_ALLOWED: { httpStatus: 405, retryable: false },
  NOT_IMPLEMENTED: { httpStatus: 501, retryable: false },
  NOT_ACCEPTABLE: { httpStatus: 406, retryable: false },
  NOT_FOUND: { httpStatus: 404, retryable: false },
  REQUEST_TIMEOUT: { httpStatus: 408, retryable: true },
  OVERLOADED: { httpStatus: 503, retryable: true },
  PAYLOAD_TOO_LARGE: { httpStatus: 413, retryable: false },
  UNSUPPORTED_MEDIA_TYPE: { httpStatus: 415, retryable: false },
  CSRF_PREVENTION: { httpStatus: 400, retryable: false },
  UNAUTHENTICATED: { httpStatus: 401, retryable: false },
  AUTHENTICATION_UNAVAILABLE: { httpStatus: 503, retryable: true },
  CLIENT_MISMATCH: { httpStatus: 403, retryable: false },
  DEBUG_TOKEN_REFUSED: { httpStatus: 403, retryable: false },
  RATE_LIMITED: { httpStatus: 429, retryable: true },
  LIMITS_UNAVAILABLE: { httpStatus: 503, retryable: true },

  // The operation
  PERSISTED_QUERY_NOT_SUPPORTED: { httpStatus: 200, retryable: false },
  GRAPHQL_PARSE_FAILED: { httpStatus: 400, retryable: false, isOperation: true },
  GRAPHQL_VALIDATION_FAILED: { httpStatus: 400, retryable: false, isOperation: true },
  BAD_USER_INPUT: { httpStatus: 400, retryable: false, isOperation: true },
  OPERATION_RESOLUTION_FAILURE: { httpStatus: 400, retryable: false, isOperation: true },
  OPERATION_NOT_SUPPORTED: { httpStatus: 400, retryable: false, isOperation: true },
  OPERATION_TOO_LARGE: { httpStatus: 400, retryable: false },
  OPERATION_TOO_DEEP: { httpStatus: 400, retryable: false },
  OPERATION_TOO_COMPLEX: { httpStatus: 400, retryable: false },
  TOO_MANY_ALIASES: { httpStatus: 400, retryable: false },
  TOO_MANY_ROOT_FIELDS: { httpStatus: 400, retryable: false },
  TOO_MANY_DIRECTIVES: { httpStatus: 400, retryable: false },
  TOO_MANY_SUBGRAPH_CALLS: { httpStatus: 400, retryable: false },
  COST_ESTIMATED_TOO_EXPENSIVE: { httpStatus: 400, retryable: false },
  PLANNING_FAILED: { httpStatus: 500, retryable: false },
  PLANNING_QUOTA_EXCEEDED: { httpStatus: 429, retryable: true },
  PLANNING_TIMEOUT: { httpStatus: 503, retryable: true },

  // Authorization
  FORBIDDEN: { httpStatus: 403, retryable: false },
  AUTHORIZATION_FAILED: { httpStatus: 500, retryable: false },

  // Execution
  FIELD_VALUE_INVALID: { httpStatus: 502, retryable: false },
  TOO_MANY_ERRORS: { httpStatus: 502, retryable: false },
  SERVICE_ERROR: { httpStatus: 502, retryable: false },
  SERVICE_BAD_RESPONSE: { httpStatus: 502, retryable: true },
  SERVICE_TIMEOUT: { httpStatus: 504, retryable: true },
  SERVICE_UNAVAILABLE: { httpStatus: 503, retryable: true },
  SUBGRAPH_COST_ESTIMATED_TOO_EXPENSIVE: { httpStatus: 400, retryable: false },
  CANCELLED: { httpStatus: 499, retryable: false },
  NOT_READY: { httpStatus: 503, retryable: true },
  CONTRACT_INVALID: { httpStatus: 503, retryable: false },
  INTERNAL_ERROR: { httpStatus: 500, retryable: false },

  // Start-up and commands: never sent over HTTP by a running gateway
  CONFIG_INVALID: { httpStatus: 500, retryable: false },
  COMPOSITION_FAILED: { httpStatus: 500, retryable: false },
  SUPERGRAPH_INVALID: { httpStatus: 500, retryable: false },
} as const satisfies Record<string, ErrorTraits>;

export type ErrorCode = keyof typeof errorCodes;

/** Whether the code refuses an operation in a well-formed HTTP request. */
export function isOperationCode(code: string): boolean {
  return Object.hasOwn(errorCodes, code) && 'isOperation' in errorCodes[code as ErrorCode];
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

/** False for codes that are not in the table. */
export function isRetryableCode(code: string): boolean {
  return Object.hasOwn(errorCodes, code) && errorCodes[code as ErrorCode].retryable;
}

/**
 * Whether the code means that the gateway or a service failed, rather than that a client asked for what it may not or
 * cannot have. A service's own code, such as `OUT_OF_STOCK`, is an answer; the exception is Apollo Server's code for
 * resolvers that throw.
 */
export function isFailureCode(code: string): boolean {
  if (!isErrorCode(code)) return code === 'INTERNAL_SERVER_ERROR';
  return code !== 'NOT_IMPLEMENTED' && errorCodes[code].httpStatus >= 500;
}

/** Whether the code means that a service is unavailable: not reachable, too slow, or sending invalid responses. */
export function isOutage(code: unknown): boolean {
  return code === 'SERVICE_UNAVAILABLE' || code === 'SERVICE_TIMEOUT' || code === 'SERVICE_BAD_RESPONSE';
}

/** One entry of `errors` in the answer to a request that is refused as a whole. */
export interface RequestError {
  readonly message: string;
  readonly locations?: ReadonlyArray<{ readonly line: number; readonly column: number }>;
}

export interface GatewayErrorDetails {
  /** Shown to the client under `extensions`: JSON-safe, and built only from what that client sent or may know. */
  readonly public?: Readonly<Record<string, unknown>>;
  /** The underlying error. Logged, never sent. */
  readonly cause?: unknown;
  /** The service did not execute the request, so that even a mutation may be retried. Default false. */
  readonly notExecuted?: boolean;
  /** The same request may succeed later. Default: by the code. */
  readonly retryable?: boolean;
  /** The entries of the response's `errors`. Default: one with the message. */
  readonly errors?: readonly RequestError[];
  /** `UNAUTHENTICATED`: the request has no credentials, rather than invalid ones. Default false. */
  readonly credentialsMissing?: boolean;
}

export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly public: Readonly<Record<string, unknown>>;
  readonly notExecuted: boolean;
  readonly retryable: boolean;
  /** At least one. */
  readonly errors: readonly RequestError[];
  readonly credentialsMissing: boolean;

  /** @param message Safe to show to the client: what was refused and what to do about it. */
  constructor(code: ErrorCode, message: string, details: GatewayErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.public = details.public ?? {};
    this.notExecuted = details.notExecuted ?? false;
    this.retryable = details.retryable ?? isRetryableCode(code);
    this.errors = details.errors ?? [{ message }];
    this.credentialsMissing = details.credentialsMissing ?? false;
  }

  get httpStatus(): number {
    return errorCodes[this.code].httpStatus;
  }
}

/** Marks on the message of an error that is the cause of another. */
export interface CauseNote {
  /** Written by a service: it may repeat anything that a client sent. */
  readonly isServiceText?: true;
  /** Written by the gateway: it says what is malformed about an error of a service. */
  readonly isRemark?: true;
}

export function noteOf(cause: unknown): CauseNote {
  return cause instanceof Error ? (cause as CauseNote) : {};
}

/** Whether a service's error code is a plain name such as `OUT_OF_STOCK`, rather than free text. */
export function isCodeName(code: string): boolean {
  return /^[A-Z][A-Z0-9_]{0,63}$/.test(code);
}

/** Compares by shape, not class, so that it works across two copies of this package. */
export function isGatewayError(error: unknown): error is GatewayError {
  return (
    error instanceof Error &&
    error.name === 'GatewayError' &&
    'code' in error &&
    Object.hasOwn(errorCodes, String(error.code))
  );
}

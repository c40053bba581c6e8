/**
 * The errors a client may see.
 *
 * Add a code here first, then at the same place to docs/errors.md (test/layout/layout.test.ts compares the two). Anything thrown that is not a `GatewayError` reaches the client as `INTERNAL_ERROR`, its
 * message withheld.
 */

interface ErrorTraits {
  readonly httpStatus: number;
  /** Unless the error itself says otherwise. */
  readonly retryable: boolean;
  /**
   * The operation was read and found unacceptable: GraphQL over HTTP has status 200 for it under `application/json`.
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
  PLANNING_FAILED: { httpStatus: 500, retryable: false },
  PLANNING_QUOTA_EXCEEDED: { httpStatus: 429, retryable: true },
  PLANNING_TIMEOUT: { httpStatus: 503, retryable: true },

  // Who may see what
  FORBIDDEN: { httpStatus: 403, retryable: false },
  AUTHORIZATION_FAILED: { httpStatus: 500, retryable: false },

  // The answer
  FIELD_VALUE_INVALID: { httpStatus: 502, retryable: false },
  TOO_MANY_ERRORS: { httpStatus: 502, retryable: false },
  SERVICE_ERROR: { httpStatus: 502, retryable: false },
  SERVICE_BAD_RESPONSE: { httpStatus: 502, retryable: true },
  SERVICE_TIMEOUT: { httpStatus: 504, retryable: true },
  SERVICE_UNAVAILABLE: { httpStatus: 503, retryable: true },
  CANCELLED: { httpStatus: 499, retryable: false },
  NOT_READY: { httpStatus: 503, retryable: true },
  INTERNAL_ERROR: { httpStatus: 500, retryable: false },

  // Start-up and commands: never sent over HTTP by a running gateway
  CONFIG_INVALID: { httpStatus: 500, retryable: false },
  COMPOSITION_FAILED: { httpStatus: 500, retryable: false },
  SUPERGRAPH_INVALID: { httpStatus: 500, retryable: false },
} as const satisfies Record<string, ErrorTraits>;

export type ErrorCode = keyof typeof errorCodes;

/** Whether a code says that an operation is unacceptable, rather than the HTTP request. */
export function isOperationCode(code: string): boolean {
  return Object.hasOwn(errorCodes, code) && 'isOperation' in errorCodes[code as ErrorCode];
}

/** Of any code: those that are not of the table say nothing. */
export function isRetryableCode(code: string): boolean {
  return Object.hasOwn(errorCodes, code) && errorCodes[code as ErrorCode].retryable;
}

/** Whether a call ended so because its service is out: not there, too slow, or making no sense. */
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
  /** What went wrong underneath. Logged, never sent. */
  readonly cause?: unknown;
  /** Nothing was done of what was asked for: it can be asked for again, even a mutation. Default false. */
  readonly nothingDone?: boolean;
  /** The same request may succeed later. Default: as the code says. */
  readonly retryable?: boolean;
  /** Where the answer lists several. Default: the message alone. */
  readonly errors?: readonly RequestError[];
  /** `UNAUTHENTICATED`: the request has no credentials, rather than some that do not hold. Default false. */
  readonly credentialsMissing?: boolean;
}

export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly public: Readonly<Record<string, unknown>>;
  readonly nothingDone: boolean;
  readonly retryable: boolean;
  /** At least one. */
  readonly errors: readonly RequestError[];
  readonly credentialsMissing: boolean;

  /** @param message Safe to show to the client: what was refused and what to do about it. */
  constructor(code: ErrorCode, message: string, details: GatewayErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.public = details.public ?? {};
    this.nothingDone = details.nothingDone ?? false;
    this.retryable = details.retryable ?? isRetryableCode(code);
    this.errors = details.errors ?? [{ message }];
    this.credentialsMissing = details.credentialsMissing ?? false;
  }

  get httpStatus(): number {
    return errorCodes[this.code].httpStatus;
  }
}

/** What an error that is the cause of another may say of its own message. */
export interface CauseNote {
  /** It is a service's, which may repeat anything that a client sent. */
  readonly isServiceText?: true;
  /** It is ours, and says what is odd about an error of a service. */
  readonly isRemark?: true;
}

export function noteOf(cause: unknown): CauseNote {
  return cause instanceof Error ? (cause as CauseNote) : {};
}

/** Whether a backend's word for what went wrong is a name, such as `OUT_OF_STOCK`, and not a text that may say anything. */
export function isCodeName(code: string): boolean {
  return /^[A-Z][A-Z0-9_]{0,63}$/.test(code);
}

/** Compares by shape, not class, so that two copies of this package still understand each other. */
export function isGatewayError(error: unknown): error is GatewayError {
  return (
    error instanceof Error &&
    error.name === 'GatewayError' &&
    'code' in error &&
    Object.hasOwn(errorCodes, String(error.code))
  );
}

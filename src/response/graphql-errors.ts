/**
 * Formats errors for clients. Messages of services pass or are replaced, as `errors.backendMessages` configures;
 * addresses, stack traces and file paths are always removed.
 */

import type { AnswerError } from '../pipeline/answer.ts';
import type { Client } from '../pipeline/client.ts';
import type { RequestHead } from '../pipeline/request.ts';
import { isCodeName, isGatewayError, isRetryableCode } from '../shared/errors.ts';
import { emptyRecord } from '../shared/records.ts';

export interface ErrorPolicy {
  readonly backendMessages: 'pass' | 'redact';
}

const redacting: ErrorPolicy = { backendMessages: 'redact' };

/** Services know the whole graph, so their messages may name what a contract hides: such clients never get them. */
export function errorPolicyFor({ contract }: Client, configured: ErrorPolicy): ErrorPolicy {
  return contract && contract.include.length + contract.exclude.length > 0 ? redacting : configured;
}

/** An entry of the response's `errors`. */
export interface FormattedError {
  readonly message: string;
  readonly locations?: ReadonlyArray<{ readonly line: number; readonly column: number }>;
  readonly path?: ReadonlyArray<string | number>;
  readonly extensions: Readonly<Record<string, unknown>>;
}

/** By which an error is found in logs and traces. */
export interface ErrorIds {
  readonly requestId: string;
  readonly traceId?: string;
}

export function errorIdsOf({ requestId, trace }: Pick<RequestHead, 'requestId' | 'trace'>): ErrorIds {
  const { publicId } = trace;
  return publicId === null ? { requestId } : { requestId, traceId: publicId };
}

export function formatFieldError(error: AnswerError, ids: ErrorIds, policy: ErrorPolicy): FormattedError {
  const { service, path, locations } = error;
  const code = publicCode(error, policy);
  const passes = !error.fromBackend || policy.backendMessages === 'pass';
  return {
    message: passes ? scrub(error.message) : `${service ?? 'A service'} answered with an error`,
    ...(locations ? { locations } : {}),
    ...(path ? { path } : {}),
    extensions: {
      ...(passes ? publicExtensions(error.extensions) : {}),
      code,
      ...(service === undefined ? {} : { service }),
      ...retryableExtension(error.retryable ?? isRetryableCode(code)),
      ...ids,
    },
  };
}

/**
 * A service's code is treated like its message, unless it is a plain name such as `OUT_OF_STOCK`, which always passes.
 */
export function publicCode({ code, fromBackend }: AnswerError, { backendMessages }: ErrorPolicy): string {
  return !fromBackend || backendMessages === 'pass' || isCodeName(code) ? code : 'SERVICE_ERROR';
}

/** Formats an error that refuses the whole request. Errors other than `GatewayError` are replaced. */
export function formatRequestError(error: unknown, ids: ErrorIds): FormattedError[] {
  if (!isGatewayError(error)) {
    return [{ message: 'Internal error', extensions: { code: 'INTERNAL_ERROR', ...ids } }];
  }
  const { code } = error;
  const extensions = { ...error.public, code, ...retryableExtension(error.retryable), ...ids };
  return error.errors.map(({ message, locations }) => ({
    message,
    ...(locations ? { locations } : {}),
    extensions,
  }));
}

function retryableExtension(isRetryable: boolean): { retryable?: true } {
  return isRetryable ? { retryable: true } : {};
}

/** Names under which servers put stack traces, and those that the gateway sets itself. */
const neverPublic = new Set([
  'stacktrace',
  'stack',
  'exception',
  'debug',
  'serviceName',
  'requestId',
  'traceId',
  'code',
]);
const extensionBytesMax = 2048;

function publicExtensions(extensions: AnswerError['extensions']): Record<string, unknown> {
  const passed = emptyRecord();
  for (const [key, value] of Object.entries(extensions ?? {})) {
    if (neverPublic.has(key)) continue;
    const text = JSON.stringify(value) ?? '';
    if (text.length <= extensionBytesMax && scrub(text) === text) passed[key] = value;
  }
  return passed;
}

const messageLengthMax = 1000;

/** Removes addresses, file paths and stack traces from a message. */
export function scrub(message: string): string {
  return message
    .slice(0, messageLengthMax)
    .replace(/\n\s+at [\s\S]*$/, '')
    .replace(/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi, '[address]')
    .replace(/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, '[address]')
    .replace(/(?:[A-Za-z]:)?(?:[\\/][\w.@-]+){2,}(?::\d+)*/g, '[path]');
}

/**
 * What clients see of errors. Messages written by backends pass or are replaced by policy; addresses, stack traces and
 * file paths never pass.
 */

import type { AnswerError } from '../pipeline/answer.ts';
import { isCodeName, isGatewayError, isRetryableCode } from '../shared/errors.ts';
import { emptyRecord } from '../shared/records.ts';

export interface ErrorPolicy {
  readonly backendMessages: 'pass' | 'redact';
}

/** An entry of the response's `errors`. */
export interface FormattedError {
  readonly message: string;
  readonly locations?: ReadonlyArray<{ readonly line: number; readonly column: number }>;
  readonly path?: ReadonlyArray<string | number>;
  readonly extensions: Readonly<Record<string, unknown>>;
}

export function formatFieldError(error: AnswerError, requestId: string, policy: ErrorPolicy): FormattedError {
  const { service, path, locations } = error;
  const code = shownCode(error, policy);
  const passes = !error.fromBackend || policy.backendMessages === 'pass';
  return {
    message: passes ? scrub(error.message) : `${service ?? 'A service'} answered with an error`,
    ...(locations ? { locations } : {}),
    ...(path ? { path } : {}),
    extensions: {
      ...(passes ? publicExtensions(error.extensions) : {}),
      code,
      ...(service === undefined ? {} : { service }),
      ...retryable(error.retryable ?? isRetryableCode(code)),
      requestId,
    },
  };
}

/** A backend may call anything a code: its words are shown as its messages are, names such as `OUT_OF_STOCK` always. */
export function shownCode({ code, fromBackend }: AnswerError, { backendMessages }: ErrorPolicy): string {
  return !fromBackend || backendMessages === 'pass' || isCodeName(code) ? code : 'SERVICE_ERROR';
}

/** Errors that refuse a whole request. Anything but a `GatewayError` is withheld. */
export function formatRequestError(error: unknown, requestId: string): FormattedError[] {
  if (!isGatewayError(error)) {
    return [{ message: 'Internal error', extensions: { code: 'INTERNAL_ERROR', requestId } }];
  }
  const { code } = error;
  const extensions = { ...error.public, code, ...retryable(error.retryable), requestId };
  return error.errors.map(({ message, locations }) => ({
    message,
    ...(locations ? { locations } : {}),
    extensions,
  }));
}

function retryable(is: boolean): { retryable?: true } {
  return is ? { retryable: true } : {};
}

/** Names under which servers put stack traces. */
const neverPublic = new Set([
  'stacktrace',
  'stack',
  'exception',
  'debug',
  'serviceName',
  'requestId',
  'code',
]);
const extensionBytesMax = 2048;

function publicExtensions(extensions: AnswerError['extensions']): Record<string, unknown> {
  const shown = emptyRecord();
  for (const [key, value] of Object.entries(extensions ?? {})) {
    if (neverPublic.has(key)) continue;
    const text = JSON.stringify(value) ?? '';
    if (text.length <= extensionBytesMax && scrub(text) === text) shown[key] = value;
  }
  return shown;
}

const messageLengthMax = 1000;

/** Takes addresses, file paths and stack traces out of a message. */
export function scrub(message: string): string {
  return message
    .slice(0, messageLengthMax)
    .replace(/\n\s+at [\s\S]*$/, '')
    .replace(/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi, '[address]')
    .replace(/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, '[address]')
    .replace(/(?:[A-Za-z]:)?(?:[\\/][\w.@-]+){2,}(?::\d+)*/g, '[path]');
}

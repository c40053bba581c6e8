/** Errors as text for the log: with a stack trace for a defect, else the messages alone. */

import { isGatewayError, noteOf } from '../../shared/errors.ts';

/** How many causes of an error are followed. */
const causesMax = 5;

/** With the stack trace, unless the failure is an expected one. */
export function describe(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  // Other thrown values may hold anything, such as a request with its headers.
  if (!(error instanceof Error)) return typeof error === 'string' ? error : `${typeof error}, not an Error`;
  return isExpected(error) ? reasonOf(error) : (error.stack ?? error.message);
}

export function describeCause(error: unknown): string | undefined {
  return error instanceof Error ? describe(error.cause) : undefined;
}

/** The messages of the error and its causes, without repetition. */
export function reasonOf(error: unknown): string | undefined {
  const messages: string[] = [];
  let current = error;
  while (current !== undefined && messages.length < causesMax) {
    const message = current instanceof Error ? messageOf(current) : describe(current);
    if (message !== undefined && message !== messages.at(-1)) messages.push(message);
    current = current instanceof Error ? current.cause : undefined;
  }
  return messages.length === 0 ? undefined : messages.join(': ');
}

/** Whether the error or one of its causes repeats a text of a service, such as the status of a gRPC call. */
export function isFromService(cause: unknown): boolean {
  let error = cause;
  for (let depth = 0; error instanceof Error && depth < causesMax; depth += 1) {
    if (noteOf(error).isServiceText) return true;
    error = error.cause;
  }
  return false;
}

/** As `reasonOf`. @param isRedacted Leaves the causes out where a service wrote one of them. */
export function failureText(error: unknown, isRedacted: boolean): string | undefined {
  return isRedacted && isFromService(error) && error instanceof Error ? error.message : reasonOf(error);
}

/** Socket errors may have a code and no message. */
function messageOf(error: Error): string {
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
}

/** Failures with an error code: code and message say everything. */
function isExpected(error: Error): boolean {
  return isGatewayError(error) && error.code !== 'INTERNAL_ERROR';
}

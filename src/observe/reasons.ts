/** Errors as the log has them: a stack trace where somebody must look at the code, else the reason in words. */

import { isGatewayError } from '../shared/errors.ts';

/** Followed behind an error. */
export const causesMax = 5;

/** With the stack trace of what is behind it, unless it is one of the failures that are to be expected. */
export function describe(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  // Whatever else somebody threw may hold anything: a request with its headers, say.
  if (!(error instanceof Error)) return typeof error === 'string' ? error : `${typeof error}, not an Error`;
  return isExpected(error) ? reasonOf(error) : (error.stack ?? error.message);
}

export function describeCause(error: unknown): string | undefined {
  return error instanceof Error ? describe(error.cause) : undefined;
}

/** Messages of the error and of its causes. */
export function reasonOf(error: unknown): string | undefined {
  const messages: string[] = [];
  let one = error;
  while (one !== undefined && messages.length < causesMax) {
    const message = one instanceof Error ? messageOf(one) : describe(one);
    if (message !== undefined && message !== messages.at(-1)) messages.push(message);
    one = one instanceof Error ? one.cause : undefined;
  }
  return messages.length === 0 ? undefined : messages.join(': ');
}

/** Errors of sockets may have a code and no message. */
function messageOf(error: Error): string {
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
}

/** Refused, out, too slow or unreadable: its code and its words say all there is. */
function isExpected(error: Error): boolean {
  return isGatewayError(error) && error.code !== 'INTERNAL_ERROR';
}

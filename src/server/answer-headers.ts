/**
 * The headers of a response of the endpoint: `cache-control` and `vary`, with those of services and plugins.
 *
 * `cache-control` is `no-store` unless services send one; then the strictest of all services wins. It is never `public`
 * if the answer depends on credentials, a rule or a mask, or sets a cookie. The answer varies by `Accept`, by every header that can
 * change it (`config/gateway/input-headers.ts`) and by what services name in `vary`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111
 */

import type { IncomingHttpHeaders } from 'node:http';

import { dryRunHeader } from '../authz/request-decisions.ts';
import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { inputHeaders } from '../config/gateway/input-headers.ts';
import { anonymous, type Principal } from '../pipeline/principal.ts';
import type { RequestContext, RequestHead } from '../pipeline/request.ts';
import type { Answered, AnswerHeaders, Keep, Read } from '../pipeline/stages.ts';
import {
  cacheControlText,
  noStore,
  parseCacheControl,
  strictest,
  type CacheControl,
} from '../sources/http/cache-control.ts';
import { saidToClient, varyNames, type SaidToClient } from '../sources/headers/answer-header-rules.ts';

interface HeaderInputs {
  readonly locals: RequestContext['locals'];
  readonly principal: Principal;
  /** Of the request. */
  readonly headers: IncomingHttpHeaders;
  readonly answer: UnlabelledAnswer;
}

/** An answer before its caching headers are set. */
export interface UnlabelledAnswer extends Omit<Answered, 'headers'> {
  /** From services, from plugins, and of the answer itself. */
  readonly headers: Readonly<Record<string, string>>;
  readonly keep: Keep;
}

/** Sets the headers of an answer. */
export interface AnswerLabels {
  answered(read: Read, answer: UnlabelledAnswer): Answered;
  /** @param request The refused request. */
  refused(
    request: { readonly head: RequestHead; readonly headers: IncomingHttpHeaders },
    answer: UnlabelledAnswer,
  ): Answered;
}

export function answerLabels(config: GatewayConfig): AnswerLabels {
  const headersOf = answerHeaders(config);
  return {
    answered: ({ context: { locals, principal }, http }, answer) =>
      label(answer, headersOf({ locals, principal, headers: http.headers, answer })),
    refused: ({ head: { locals }, headers }, answer) =>
      label(answer, headersOf({ locals, principal: anonymous, headers, answer })),
  };
}

/** Field by field, which is faster than a spread; runs for every request. */
function label(answer: UnlabelledAnswer, headers: AnswerHeaders): Answered {
  const { status, mediaType, text, later, client, operationName, operationKind, errorCounts } = answer;
  return { status, mediaType, headers, text, later, client, operationName, operationKind, errorCounts };
}

function answerHeaders(config: GatewayConfig): (inputs: HeaderInputs) => AnswerHeaders {
  const { dryRunRole } = config.authorization;
  const names = ['accept', ...inputHeaders(config), ...(dryRunRole === undefined ? [] : [dryRunHeader])];
  const vary = names.join(', ');
  return (inputs) => {
    const { headers: ownHeaders } = inputs.answer;
    const fromServices = saidToClient(inputs);
    return {
      ...(fromServices.lines.size > 0 ? Object.fromEntries(fromServices.lines) : undefined),
      ...ownHeaders,
      'cache-control': cacheControlText(controlOf(inputs, fromServices)),
      vary: varyOf(names, vary, [...fromServices.vary, ...varyNames(ownHeaders['vary'])]),
    };
  };
}

function controlOf({ principal, headers, answer }: HeaderInputs, said: SaidToClient): CacheControl {
  const { status, errorCounts, keep } = answer;
  const { control: fromServices, lines } = said;
  // A partial answer must not be stored.
  if (status !== 200 || errorCounts.length > 0 || keep === 'nobody' || fromServices.isNoStore) return noStore;
  const own = answer.headers['cache-control'];
  const control = own === undefined ? fromServices : strictest(fromServices, parseCacheControl(own));
  const isAuthenticated = principal.provenBy !== 'none';
  // A cookie is for one client.
  const setsCookie = lines.has('set-cookie') || answer.headers['set-cookie'] !== undefined;
  const isPrivate = keep === 'client' || isAuthenticated || setsCookie || headers.authorization !== undefined;
  return isPrivate ? { ...control, isPublic: false } : control;
}

function varyOf(names: readonly string[], usual: string, extra: readonly string[]): string {
  if (extra.length === 0) return usual;
  if (extra.includes('*')) return '*';
  return [...new Set([...names, ...extra])].join(', ');
}

const beyondAscii = /[^\0-\x7f]/;

/** Whether a value has non-ASCII bytes, which Node would change when it writes headers and a string body together. */
export function hasHighBytes(headers: AnswerHeaders): boolean {
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === 'string' ? beyondAscii.test(value) : value?.some((line) => beyondAscii.test(line)))
      return true;
  }
  return false;
}

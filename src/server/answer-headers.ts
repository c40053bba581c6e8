/**
 * What an answer of the endpoint says of who may keep it, with the other headers of services and plugins.
 *
 * `no-store` unless a service says otherwise, and then what the strictest of all services says. Never `public` where
 * credentials, a rule or a mask had a part in it. It varies by `Accept`, by every header that can change it
 * (`config/gateway/input-headers.ts`) and by what services name.
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
import { saidToClient, varyNames } from '../sources/headers/answer-header-rules.ts';

interface Answering {
  readonly locals: RequestContext['locals'];
  readonly principal: Principal;
  /** As they came. */
  readonly headers: IncomingHttpHeaders;
  readonly answer: Unlabelled;
}

/** What an answer is before its headers say who may keep it. */
export interface Unlabelled extends Omit<Answered, 'headers'> {
  /** Of services, plugins and of the answer itself. */
  readonly headers: Readonly<Record<string, string>>;
  readonly keep: Keep;
}

/** Completes what is sent to clients. */
export interface AnswerLabels {
  answered(read: Read, answer: Unlabelled): Answered;
  /** @param from Of the request that is refused. */
  refused(
    from: { readonly head: RequestHead; readonly headers: IncomingHttpHeaders },
    answer: Unlabelled,
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

/** Written out: this is done for every request. */
function label(answer: Unlabelled, headers: AnswerHeaders): Answered {
  const { status, mediaType, text, later, operationName, operationKind, errors, code } = answer;
  return { status, mediaType, headers, text, later, operationName, operationKind, errors, code };
}

function answerHeaders(config: GatewayConfig): (answering: Answering) => AnswerHeaders {
  const { dryRunRole } = config.authorization;
  const names = ['accept', ...inputHeaders(config), ...(dryRunRole === undefined ? [] : [dryRunHeader])];
  const vary = names.join(', ');
  return (answering) => {
    const { headers: own } = answering.answer;
    const said = saidToClient(answering);
    return {
      ...(said.lines.size > 0 ? Object.fromEntries(said.lines) : undefined),
      ...own,
      'cache-control': cacheControlText(controlOf(answering, said.control)),
      vary: varyOf(names, vary, [...said.vary, ...varyNames(own['vary'])]),
    };
  };
}

function controlOf({ principal, headers, answer }: Answering, said: CacheControl): CacheControl {
  const { status, errors, keep } = answer;
  // Nobody keeps half an answer.
  if (status !== 200 || errors > 0 || keep === 'nobody' || said.isNoStore) return noStore;
  const own = answer.headers['cache-control'];
  const control = own === undefined ? said : strictest(said, parseCacheControl(own));
  const isProven = principal.provenBy !== 'none';
  const isForOne = keep === 'client' || isProven || headers.authorization !== undefined;
  return isForOne ? { ...control, isPublic: false } : control;
}

function varyOf(names: readonly string[], usual: string, more: readonly string[]): string {
  if (more.length === 0) return usual;
  if (more.includes('*')) return '*';
  return [...new Set([...names, ...more])].join(', ');
}

const beyondAscii = /[^\0-\x7f]/;

/** Whether a value has bytes that would become others where Node writes it together with a text. */
export function hasHighBytes(headers: AnswerHeaders): boolean {
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === 'string' ? beyondAscii.test(value) : value?.some((line) => beyondAscii.test(line)))
      return true;
  }
  return false;
}

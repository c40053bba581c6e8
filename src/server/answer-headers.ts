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
import type { RequestContext } from '../pipeline/request.ts';
import {
  cacheControlText,
  noStore,
  parseCacheControl,
  strictest,
  type CacheControl,
} from '../sources/http/cache-control.ts';
import { saidToClient, varyNames } from '../sources/headers/client-headers.ts';
import type { Responded } from './front.ts';

export type AnswerHeaders = Readonly<Record<string, string | readonly string[]>>;

interface Answering {
  /** As the stages after authentication see it. */
  readonly context: RequestContext;
  /** As they came. */
  readonly headers: IncomingHttpHeaders;
  readonly answer: Pick<Responded, 'status' | 'errors' | 'keep' | 'headers'>;
}

export function answerHeaders(config: GatewayConfig): (answering: Answering) => AnswerHeaders {
  const { dryRunRole } = config.authorization;
  const names = ['accept', ...inputHeaders(config), ...(dryRunRole === undefined ? [] : [dryRunHeader])];
  const vary = names.join(', ');
  return (answering) => {
    const { headers: own = {} } = answering.answer;
    const said = saidToClient(answering.context);
    return {
      ...(said.lines.size > 0 ? Object.fromEntries(said.lines) : undefined),
      ...own,
      'cache-control': cacheControlText(controlOf(answering, said.control)),
      vary: varyOf(names, vary, [...said.vary, ...varyNames(own['vary'] as string | undefined)]),
    };
  };
}

function controlOf({ context, headers, answer }: Answering, said: CacheControl): CacheControl {
  const { status, errors, keep } = answer;
  // Nobody keeps half an answer.
  if (status !== 200 || errors > 0 || keep === 'nobody' || said.isNoStore) return noStore;
  const own = answer.headers?.['cache-control'];
  const control = own === undefined ? said : strictest(said, parseCacheControl(String(own)));
  const { principal } = context;
  const isProven = principal !== undefined && principal.provenBy !== 'none';
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

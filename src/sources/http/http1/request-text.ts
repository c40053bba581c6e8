/** The text of a request. Whatever cannot be sent as it is meant is refused before a byte of it is written. */

import type { PooledRequest } from '../pooled-call.ts';
import { Http1Error } from './http1-error.ts';

export interface RequestText {
  /** In Latin-1, with the empty line after it. */
  readonly head: string;
  /** Not empty. */
  readonly body: string | Buffer | null;
  readonly bodyBytes: number;
  /** The connection takes no call after this one. */
  readonly isLast: boolean;
}

const pathForm = /^\/[!-\u00ff]*$/;
const nameForm = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Their body is expected, so that a missing one is announced as well; any other may be taken for the next request. */
const withBody: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);
const refusedNames: ReadonlySet<string> = new Set(['transfer-encoding', 'keep-alive', 'upgrade', 'expect']);
const ownNames: ReadonlySet<string> = new Set(['host', 'connection', 'content-length']);

/** Names that need no look any more: nearly all requests have the same. */
const plainNames = new Set<string>();
const plainNamesMax = 1000;

/**
 * @param host Of the URL, with its port unless that is the usual one.
 * @throws {Http1Error} `not-sendable`
 */
export function requestText({ method, path, headers, body }: PooledRequest, host: string): RequestText {
  if (!pathForm.test(path)) throw notSendable('the path is none');
  const bodyBytes = typeof body === 'string' ? Buffer.byteLength(body) : (body?.length ?? 0);
  let fields = '';
  let named = host;
  let isLast = bodyBytes > 0 && !withBody.has(method);
  for (const name in headers) {
    const value = headers[name] as string;
    if (plainNames.has(name) || isPlain(name)) fields += `${name}: ${value}\r\n`;
    else if (name === 'host') named = value;
    else if (name === 'connection') isLast ||= /(?:^|,)[\t ]*close[\t ]*(?:,|$)/i.test(value);
    else if (value !== String(bodyBytes)) throw notSendable('content-length is not that of the body');
  }
  const length = bodyBytes > 0 || withBody.has(method) ? `content-length: ${bodyBytes}\r\n` : '';
  const connection = isLast ? 'close' : 'keep-alive';
  const head = `${method} ${path} HTTP/1.1\r\nhost: ${named}\r\nconnection: ${connection}\r\n${fields}${length}\r\n`;
  return { head, body: bodyBytes > 0 ? body : null, bodyBytes, isLast };
}

/** False: one that is for `requestText` itself. */
function isPlain(name: string): boolean {
  const lower = name.toLowerCase();
  if (ownNames.has(name)) return false;
  if (!nameForm.test(name) || refusedNames.has(lower) || ownNames.has(lower))
    throw notSendable(`a header cannot be named ${JSON.stringify(name)}`);
  if (plainNames.size < plainNamesMax) plainNames.add(name);
  return true;
}

function notSendable(message: string): Http1Error {
  return new Http1Error('not-sendable', message);
}

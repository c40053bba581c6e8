/** What the span of a call over HTTP says: where it went, and never what was in it. */

import type { RecordedSpan } from '../../shared/trace.ts';

export interface DescribedCall {
  readonly method: string;
  /** Of the endpoint, without user and query. */
  readonly url: string;
  /** After it, with names for the values: they are the client's. Undefined: nothing comes after it. */
  readonly template: string | undefined;
}

/** @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span */
export function describeHttpCall(span: RecordedSpan, { method, url, template }: DescribedCall): void {
  const { hostname, port, protocol, pathname, origin } = new URL(url);
  span.set('http.request.method', method);
  span.set('server.address', hostname);
  span.set('server.port', port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port));
  if (template === undefined) span.set('url.full', origin + pathname);
  else span.set('url.template', template);
}

/** An issuer that is asked about tokens, on a real socket, and says what a test wants. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { onTestFinished } from 'vitest';

export interface Introspector {
  readonly issuer: string;
  readonly url: string;
  /** What it says of a token: JSON, or a text as it is. */
  says: (token: string) => unknown;
  /** Of its answer about a token. Undefined: 200. */
  statusFor: (token: string) => number | undefined;
  /** Nobody is answered before this; undefined: at once. */
  gate: Promise<void> | undefined;
  /** Tokens it was asked about, in order. */
  readonly asked: string[];
  /** Of the last request for its discovery document or about a token. */
  last: { readonly authorization: string | undefined; readonly form: URLSearchParams };
  isDown: boolean;
}

/** For one test. */
export async function introspector(): Promise<Introspector> {
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await text(request));
    one.last = { authorization: request.headers.authorization, form };
    const token = form.get('token');
    if (token !== null) one.asked.push(token);
    await one.gate;
    const body = token === null ? { issuer: one.issuer, introspection_endpoint: one.url } : one.says(token);
    response.statusCode = one.isDown ? 503 : ((token === null ? undefined : one.statusFor(token)) ?? 200);
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const one: Introspector = {
    issuer,
    url: `${issuer}/introspect`,
    says: () => ({ active: false }),
    statusFor: () => undefined,
    gate: undefined,
    asked: [],
    last: { authorization: undefined, form: new URLSearchParams() },
    isDown: false,
  };
  return one;
}

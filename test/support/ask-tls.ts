/** A GraphQL client that connects by TLS, with a certificate or without, over connections of its own. */

import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';

import { onTestFinished } from 'vitest';

import { read, type GraphqlReply } from './ask.ts';

export interface TlsReply extends GraphqlReply {
  /** Of the server's certificate. */
  readonly serial: string;
  readonly protocol: string | null;
  /** Whether the connection was there before, and whether it began with what an earlier one had agreed on. */
  readonly isReused: boolean;
  readonly isResumed: boolean;
}

export interface TlsClient {
  ask(query: string, headers?: Readonly<Record<string, string>>): Promise<TlsReply>;
}

export interface TlsClientOptions {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
  /** One connection for everything. Default: one for each request. */
  readonly keepAlive?: boolean;
  /** Begin with what an earlier connection agreed on, where the server lets them. */
  readonly resumes?: boolean;
  readonly maxVersion?: 'TLSv1.1' | 'TLSv1.2';
}

/** For one test. */
export function tlsClient(url: string, options: TlsClientOptions): TlsClient {
  const { keepAlive = false, resumes = false, ...rest } = options;
  const agent = new Agent({ keepAlive, maxSockets: 1, maxCachedSessions: resumes ? 10 : 0, ...rest });
  onTestFinished(() => agent.destroy());
  return {
    async ask(query, headers = {}) {
      const sent = request(url, {
        agent,
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        timeout: 60_000,
      });
      sent.on('timeout', () => sent.destroy(new Error('no answer')));
      const { promise, resolve, reject } = Promise.withResolvers<TlsReply>();
      sent.on('error', reject);
      sent.on('response', (response) => {
        const socket = response.socket as TLSSocket;
        const { serialNumber: serial } = socket.getPeerCertificate();
        const about = {
          serial,
          protocol: socket.getProtocol(),
          isReused: sent.reusedSocket,
          isResumed: socket.isSessionReused(),
        };
        const pairs = Object.entries(response.headers).map(([name, value]): [string, string] => [
          name,
          String(value),
        ]);
        text(response).then((body) => {
          resolve({ ...read(response.statusCode ?? 0, new Headers(pairs), body), ...about });
        }, reject);
      });
      sent.end(JSON.stringify({ query }));
      return promise;
    },
  };
}

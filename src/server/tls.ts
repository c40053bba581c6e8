/** TLS of the listener: its files, read and checked, and put in place without a connection noticing. */

import { constants, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ServerOptions } from 'node:https';
import { createSecureContext } from 'node:tls';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { GatewayError } from '../shared/errors.ts';
import { errorText } from '../shared/error-text.ts';

/** In PEM. */
export interface TlsTexts {
  readonly cert: string;
  readonly key: string;
  /** Of clients: asked for a certificate where it is there. */
  readonly clientCa?: string;
}

type TlsConfig = Pick<GatewayConfig, 'server' | 'auth'>;

/** @throws {GatewayError} `CONFIG_INVALID`, which names the files and never says what is in them. */
export async function readTls({ server: { tls }, auth }: TlsConfig): Promise<TlsTexts | undefined> {
  if (!tls) return undefined;
  const ca = auth?.certificates?.ca;
  const [cert, key, clientCa] = await Promise.all([
    readText(tls.cert, 'server.tls.cert'),
    readText(tls.key, 'server.tls.key'),
    ca === undefined ? undefined : readText(ca, 'auth.certificates.ca'),
  ]);
  // A context takes an empty text for no certificate at all, and files are empty while they are written.
  check(`server.tls.cert ${tls.cert}`, () => new X509Certificate(cert));
  check(`server.tls.key ${tls.key}`, () => createPrivateKey(key));
  check(`server.tls.cert ${tls.cert} and server.tls.key ${tls.key}`, () =>
    createSecureContext({ cert, key }),
  );
  if (clientCa === undefined) return { cert, key };
  check(`auth.certificates.ca ${ca}`, () => new X509Certificate(clientCa));
  check(`auth.certificates.ca ${ca}`, () => createSecureContext({ ca: clientCa }));
  return { cert, key, clientCa };
}

/** What a listener with these is started with, and what it is renewed with. */
export function secureOptions({ cert, key, clientCa }: TlsTexts, server: TlsConfig['server']): ServerOptions {
  return {
    cert,
    key,
    minVersion: server.tls?.minVersion ?? 'TLSv1.2',
    // A client could otherwise show another certificate in the middle of its connection, and make work at will.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    handshakeTimeout: server.requestReceiveTimeoutMs,
    // A certificate that is wrong is refused by the stage that knows what else the request shows.
    ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false }),
  };
}

async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw invalid(`${what} ${path}`, error);
  }
}

function check(what: string, work: () => unknown): void {
  try {
    work();
  } catch (error) {
    throw invalid(what, error);
  }
}

function invalid(what: string, error: unknown): GatewayError {
  const reason = errorText(error);
  return new GatewayError('CONFIG_INVALID', `${what}: ${reason}`);
}

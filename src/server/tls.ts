/** TLS of the listener: reads and validates its files, and makes Node's options from them. */

import { constants, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ServerOptions } from 'node:https';
import { createSecureContext } from 'node:tls';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { GatewayError } from '../shared/errors.ts';
import { errorText } from '../shared/error-text.ts';

/** PEM texts. */
export interface TlsTexts {
  readonly cert: string;
  readonly key: string;
  /** Authorities of client certificates. If present, clients are asked for a certificate. */
  readonly clientCa?: string;
}

type TlsConfig = Pick<GatewayConfig, 'server' | 'auth'>;

/** @throws {GatewayError} `CONFIG_INVALID`, which names the file and never its content. */
export async function readTls({ server: { tls }, auth }: TlsConfig): Promise<TlsTexts | undefined> {
  if (!tls) return undefined;
  const ca = auth?.certificates?.ca;
  const [cert, key, clientCa] = await Promise.all([
    readText(tls.cert, 'server.tls.cert'),
    readText(tls.key, 'server.tls.key'),
    ca === undefined ? undefined : readText(ca, 'auth.certificates.ca'),
  ]);
  // createSecureContext accepts an empty text as no certificate, and a file may be empty while it is written.
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

/** Options to start a listener with, and to renew it. */
export function secureOptions({ cert, key, clientCa }: TlsTexts, server: TlsConfig['server']): ServerOptions {
  return {
    cert,
    key,
    minVersion: server.tls?.minVersion ?? 'TLSv1.2',
    // With renegotiation a client could change its certificate within a connection, and cause CPU load at will.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    handshakeTimeout: server.requestReceiveTimeoutMs,
    // The authentication stage refuses an invalid certificate: the request may have other credentials.
    ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false }),
  };
}

async function readText(path: string, setting: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw invalid(`${setting} ${path}`, error);
  }
}

function check(setting: string, work: () => unknown): void {
  try {
    work();
  } catch (error) {
    throw invalid(setting, error);
  }
}

function invalid(setting: string, error: unknown): GatewayError {
  const reason = errorText(error);
  return new GatewayError('CONFIG_INVALID', `${setting}: ${reason}`);
}

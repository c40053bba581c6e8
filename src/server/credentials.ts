/**
 * The gateway's own credentials, which are renewed while it runs: its certificate and key, the authorities of client
 * certificates, and the signing keys of identity propagation.
 *
 * The primary process polls the files, also on reload, and generates signing keys that are not in a file; worker
 * processes receive both from it.
 */

import { X509Certificate } from 'node:crypto';

import {
  newSigningKeys,
  readSigningKeys,
  rotatedKeys,
  type SigningJwk,
} from '../authn/identity/signing-keys.ts';
import { usesSignedIdentity, type AuthConfig } from '../config/gateway/auth.ts';
import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { Events } from '../shared/events.ts';
import { readTls, type TlsTexts } from './tls.ts';
import { Poller } from '../shared/poller.ts';

export interface CredentialTexts {
  /** Undefined: the listener speaks plain HTTP. */
  readonly tls?: TlsTexts | undefined;
  /** Undefined: nothing is signed. */
  readonly signing?: readonly SigningJwk[] | undefined;
}

export interface Credentials {
  readonly current: CredentialTexts;
  onChange(listener: (next: CredentialTexts) => void): void;
  /** Checks the files for changes. Absent in worker processes. */
  check?(): Promise<void>;
  close?(): Promise<void>;
}

/** Credentials that somebody else replaces: in a worker process, the primary process. */
export class HeldCredentials implements Credentials {
  readonly #listeners: Array<(next: CredentialTexts) => void> = [];
  #current: CredentialTexts;

  constructor(first: CredentialTexts) {
    this.#current = first;
  }

  get current(): CredentialTexts {
    return this.#current;
  }

  onChange(listener: (next: CredentialTexts) => void): void {
    this.#listeners.push(listener);
  }

  put(next: CredentialTexts): void {
    this.#current = next;
    for (const listener of this.#listeners) listener(next);
  }
}

export class WatchedCredentials extends HeldCredentials {
  readonly #config: GatewayConfig;
  readonly #events: Events;
  readonly #files: Poller;
  readonly #rotationTimer: NodeJS.Timeout | undefined;
  readonly #withdrawReading: () => void;
  #expiries: readonly Expiry[];
  /** The last error: it is reported once while the files stay invalid. */
  #lastError = '';

  /** @throws {GatewayError} `CONFIG_INVALID` */
  static async open(config: GatewayConfig, events: Events): Promise<WatchedCredentials> {
    const signedConfig = signedConfigOf(config);
    const signing = signedConfig && (await initialKeys(signedConfig));
    return new WatchedCredentials({ tls: await readTls(config), signing }, config, events);
  }

  private constructor(first: CredentialTexts, config: GatewayConfig, events: Events) {
    super(first);
    this.#config = config;
    this.#events = events;
    this.#expiries = expiriesOf(first.tls);
    this.#withdrawReading = events.readings.offer('certificateExpiry', () => this.#expiries);
    const { filePollMs } = config.reload;
    const signedConfig = signedConfigOf(config);
    const hasFiles = first.tls !== undefined || signedConfig?.keyFile !== undefined;
    this.#files = new Poller({ poll: () => this.#readFiles(), waitMs: () => (hasFiles ? filePollMs : 0) });
    if (signedConfig && signedConfig.keyFile === undefined) {
      const rotate = (): void => void this.#files.run(() => this.#rotate());
      this.#rotationTimer = setInterval(rotate, signedConfig.turnHours * 3_600_000).unref();
    }
  }

  /** Checks the files. Invalid ones are logged, and the previous credentials stay. Never rejects. */
  check(): Promise<void> {
    return this.#files.run(() => this.#readFiles());
  }

  close(): Promise<void> {
    clearInterval(this.#rotationTimer);
    this.#withdrawReading();
    return this.#files.close();
  }

  #replace(next: CredentialTexts): void {
    this.put(next);
    this.#expiries = expiriesOf(next.tls);
    this.#events.emit('credentialsReplaced', {
      validUntil: next.tls ? validUntilOf(next.tls) : null,
      signsWith: next.signing?.[0]?.kid ?? null,
    });
  }

  async #rotate(): Promise<void> {
    const { signing } = this.current;
    if (signing) this.#replace({ ...this.current, signing: await rotatedKeys(signing) });
  }

  async #readFiles(): Promise<void> {
    try {
      const keyFile = signedConfigOf(this.#config)?.keyFile;
      const signing = keyFile === undefined ? this.current.signing : await readSigningKeys(keyFile);
      const next = { tls: await readTls(this.#config), signing };
      this.#lastError = '';
      if (JSON.stringify(next) !== JSON.stringify(this.current)) this.#replace(next);
    } catch (error) {
      const message = String(error);
      if (message !== this.#lastError) this.#events.emit('credentialsRefused', { error });
      this.#lastError = message;
    }
  }
}

type SignedConfig = NonNullable<AuthConfig['identity']['signed']>;

/** Undefined: nothing is signed. */
function signedConfigOf({ auth }: GatewayConfig): SignedConfig | undefined {
  return auth && usesSignedIdentity(auth.identity) ? auth.identity.signed : undefined;
}

function initialKeys({ keyFile, algorithm }: SignedConfig): Promise<readonly SigningJwk[]> {
  return keyFile === undefined ? newSigningKeys(algorithm) : readSigningKeys(keyFile);
}

type Expiry = readonly [secondsSinceEpoch: number, certificate: 'server' | 'client-ca'];

function expiriesOf(tls: TlsTexts | undefined): readonly Expiry[] {
  if (!tls) return [];
  const server: Expiry = [firstExpirySeconds(tls.cert), 'server'];
  return tls.clientCa === undefined ? [server] : [server, [firstExpirySeconds(tls.clientCa), 'client-ca']];
}

/** Of all certificates of a file: a chain is invalid once one of them is. */
function firstExpirySeconds(pem: string): number {
  const texts = pem.match(/-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^]*?-----END [^-]+-----/g) ?? [];
  return Math.min(...texts.map((text) => new X509Certificate(text).validToDate.getTime() / 1000));
}

function validUntilOf({ cert }: TlsTexts): string {
  return new X509Certificate(cert).validToDate.toISOString();
}

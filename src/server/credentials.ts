/**
 * What this gateway proves itself with, which changes while it runs: its certificate and key, whose client certificates
 * count, and the keys that identity for backends is signed with.
 *
 * The process that was started looks at the files, from time to time and when asked, and makes the keys that are in no
 * file; worker processes are told.
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
  /** Looks for changes. Absent: they come by themselves. */
  now?(): Promise<void>;
  close?(): Promise<void>;
}

/** For a worker process. */
export class GivenCredentials implements Credentials {
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

export class WatchedCredentials extends GivenCredentials {
  readonly #config: GatewayConfig;
  readonly #events: Events;
  readonly #files: Poller;
  readonly #turns: NodeJS.Timeout | undefined;
  /** The last complaint: files that stay wrong are complained of once. */
  #complaint = '';

  /** @throws {GatewayError} `CONFIG_INVALID` */
  static async open(config: GatewayConfig, events: Events): Promise<WatchedCredentials> {
    const signed = signedOf(config);
    const signing = signed && (await firstKeys(signed));
    return new WatchedCredentials({ tls: await readTls(config), signing }, config, events);
  }

  private constructor(first: CredentialTexts, config: GatewayConfig, events: Events) {
    super(first);
    this.#config = config;
    this.#events = events;
    const { filePollMs } = config.reload;
    const signed = signedOf(config);
    const hasFiles = first.tls !== undefined || signed?.keyFile !== undefined;
    this.#files = new Poller({ look: () => this.#look(), waitMs: () => (hasFiles ? filePollMs : 0) });
    if (signed && signed.keyFile === undefined) {
      const turn = (): void => void this.#files.next(() => this.#turn());
      this.#turns = setInterval(turn, signed.turnHours * 3_600_000).unref();
    }
  }

  /** Looks at the files. What is no good stays out, and the log says why. Never rejects. */
  now(): Promise<void> {
    return this.#files.next(() => this.#look());
  }

  close(): Promise<void> {
    clearInterval(this.#turns);
    return this.#files.close();
  }

  #replace(next: CredentialTexts): void {
    this.put(next);
    this.#events.emit('credentialsReplaced', {
      validUntil: next.tls ? validUntilOf(next.tls) : null,
      signsWith: next.signing?.[0]?.kid ?? null,
    });
  }

  async #turn(): Promise<void> {
    const { signing } = this.current;
    if (signing) this.#replace({ ...this.current, signing: await rotatedKeys(signing) });
  }

  async #look(): Promise<void> {
    try {
      const keyFile = signedOf(this.#config)?.keyFile;
      const signing = keyFile === undefined ? this.current.signing : await readSigningKeys(keyFile);
      const next = { tls: await readTls(this.#config), signing };
      this.#complaint = '';
      if (JSON.stringify(next) !== JSON.stringify(this.current)) this.#replace(next);
    } catch (error) {
      const complaint = String(error);
      if (complaint !== this.#complaint) this.#events.emit('credentialsRefused', { error });
      this.#complaint = complaint;
    }
  }
}

type SignedConfig = NonNullable<AuthConfig['identity']['signed']>;

/** Undefined: nothing is signed. */
function signedOf({ auth }: GatewayConfig): SignedConfig | undefined {
  return auth && usesSignedIdentity(auth.identity) ? auth.identity.signed : undefined;
}

function firstKeys({ keyFile, algorithm }: SignedConfig): Promise<readonly SigningJwk[]> {
  return keyFile === undefined ? newSigningKeys(algorithm) : readSigningKeys(keyFile);
}

function validUntilOf({ cert }: TlsTexts): string {
  return new X509Certificate(cert).validToDate.toISOString();
}

/**
 * What this gateway proves itself with, which changes while it runs: its certificate and key, and whose client
 * certificates count.
 *
 * The process that was started looks at the files, from time to time and when asked; worker processes are told.
 */

import { X509Certificate } from 'node:crypto';

import type { GatewayConfig } from '../config/gateway-config.ts';
import type { Events } from '../shared/events.ts';
import { readTls, type TlsTexts } from './tls.ts';

export interface CredentialTexts {
  /** Undefined: the listener speaks plain HTTP. */
  readonly tls?: TlsTexts | undefined;
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
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  /** The last complaint: files that stay wrong are complained of once. */
  #complaint = '';

  /** @throws {GatewayError} `CONFIG_INVALID` */
  static async open(config: GatewayConfig, events: Events): Promise<WatchedCredentials> {
    return new WatchedCredentials({ tls: await readTls(config) }, config, events);
  }

  private constructor(first: CredentialTexts, config: GatewayConfig, events: Events) {
    super(first);
    this.#config = config;
    this.#events = events;
    const { filePollMs } = config.reload;
    if (filePollMs === 0 || !first.tls) return;
    this.#timer = setInterval(() => void this.now(), filePollMs);
    this.#timer.unref();
  }

  /** Looks at the files. What is no good stays out, and the log says why. Never rejects. */
  now(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    try {
      const next = { tls: await readTls(this.#config) };
      this.#complaint = '';
      if (JSON.stringify(next) === JSON.stringify(this.current)) return;
      this.put(next);
      this.#events.emit('credentialsReplaced', { validUntil: next.tls ? validUntilOf(next.tls) : null });
    } catch (error) {
      const complaint = String(error);
      if (complaint !== this.#complaint) this.#events.emit('credentialsRefused', { error });
      this.#complaint = complaint;
    }
  }
}

function validUntilOf({ cert }: TlsTexts): string {
  return new X509Certificate(cert).validToDate.toISOString();
}

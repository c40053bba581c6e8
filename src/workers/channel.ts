/**
 * Calls between the primary process and a worker, both ways over one IPC channel. Each call gets one answer, a text, or
 * an error that keeps its code; each has a deadline, and so many may wait.
 */

import { GatewayError, isGatewayError, type ErrorCode } from '../shared/errors.ts';
import { errorText } from '../shared/error-text.ts';

/** A child process, or this process as its parent sees it. */
export interface Peer {
  send?(message: object, done: (error: Error | null) => void): unknown;
  on(name: 'message', listener: (message: unknown) => void): unknown;
  on(name: 'disconnect', listener: () => void): unknown;
}

interface SentError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly public: Readonly<Record<string, unknown>>;
  /** For the log. */
  readonly detail: string;
}

type Message<Call> =
  | { readonly id: number; readonly call: Call }
  /** Its answer is not waited for any more, though there will be one. */
  | { readonly id: number; readonly cancelled: true }
  | { readonly id: number; readonly answer: string }
  | { readonly id: number; readonly error: SentError };

interface Waiting {
  readonly resolve: (answer: string) => void;
  readonly reject: (error: GatewayError) => void;
  readonly timer: NodeJS.Timeout;
}

/** @param signal Whoever called waits no longer, or is gone. */
type Answer<Call> = (call: Call, signal: AbortSignal) => Promise<string>;

export class Channel<Outgoing, Incoming> {
  readonly #peer: Peer;
  readonly #answer: Answer<Incoming>;
  readonly #answering = new Map<number, AbortController>();
  readonly #waitingMax: number;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #isOpen = true;

  /** @param waitingMax Calls without an answer yet; one more is refused with `OVERLOADED`. */
  constructor(peer: Peer, answer: Answer<Incoming>, waitingMax: number) {
    this.#peer = peer;
    this.#answer = answer;
    this.#waitingMax = waitingMax;
    peer.on('message', (message) => this.#read(message as Message<Incoming>));
    peer.on('disconnect', () => this.#close());
  }

  /**
   * @param signal Tells the other side that nobody waits any more: it decides what to answer then.
   * @throws {GatewayError} What the other side threw; `NOT_READY` where it is gone or does not answer in time.
   */
  call(call: Outgoing, timeoutMs: number, signal?: AbortSignal): Promise<string> {
    return new Promise((resolve, reject) => {
      if (!this.#isOpen) {
        reject(gone());
        return;
      }
      if (this.#waiting.size >= this.#waitingMax) {
        reject(new GatewayError('OVERLOADED', 'Too many new operations at once; try again later'));
        return;
      }
      const id = this.#nextId++;
      const timer = setTimeout(() => {
        this.#cancel(id);
        this.#waiting.delete(id);
        reject(new GatewayError('NOT_READY', `No answer from the other process within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#send({ id, call });
      signal?.addEventListener('abort', () => this.#cancel(id), { once: true });
    });
  }

  #read(message: Message<Incoming>): void {
    const { id } = message;
    if ('call' in message) {
      const controller = new AbortController();
      this.#answering.set(id, controller);
      this.#answer(message.call, controller.signal)
        .then(
          (answer) => this.#send({ id, answer }),
          (error: unknown) => this.#send({ id, error: toSent(error) }),
        )
        .finally(() => this.#answering.delete(id));
      return;
    }
    if ('cancelled' in message) {
      this.#answering.get(id)?.abort();
      return;
    }
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    if ('answer' in message) waiting.resolve(message.answer);
    else waiting.reject(fromSent(message.error));
  }

  #cancel(id: number): void {
    if (this.#waiting.has(id)) this.#send({ id, cancelled: true });
  }

  #send(message: Message<Outgoing>): void {
    // What cannot be sent needs no care: the other side is gone, and `disconnect` says so.
    if (this.#isOpen) this.#peer.send?.(message, () => {});
  }

  #close(): void {
    this.#isOpen = false;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(gone());
    }
    this.#waiting.clear();
    for (const controller of this.#answering.values()) controller.abort();
  }
}

function toSent(error: unknown): SentError {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (isGatewayError(error)) {
    const { code, message } = error;
    return { code, message, public: error.public, detail };
  }
  const message = errorText(error);
  return { code: 'INTERNAL_ERROR', message, public: {}, detail };
}

function fromSent({ code, message, public: shown, detail }: SentError): GatewayError {
  return new GatewayError(code, message, { public: shown, cause: detail });
}

function gone(): GatewayError {
  return new GatewayError('NOT_READY', 'The other process of the gateway is gone');
}

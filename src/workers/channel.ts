/**
 * Calls between the primary process and a worker, in both directions over one IPC channel. Each call gets one answer: a
 * text, or an error that keeps its code. Each has a timeout, and the number of pending calls is limited.
 */

import { GatewayError, isGatewayError, type ErrorCode } from '../shared/errors.ts';
import { errorText } from '../shared/error-text.ts';

/** A child process, or this process as its parent sees it. */
export interface Peer {
  send?(message: object, done: (error: Error | null) => void): unknown;
  on(name: 'message', listener: (message: unknown) => void): unknown;
  on(name: 'disconnect', listener: () => void): unknown;
}

interface SerializedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly public: Readonly<Record<string, unknown>>;
  /** For the log. */
  readonly detail: string;
}

type Message<Call> =
  | { readonly id: number; readonly call: Call }
  /** The caller no longer waits. The call is answered nevertheless. */
  | { readonly id: number; readonly cancelled: true }
  | { readonly id: number; readonly answer: string }
  | { readonly id: number; readonly error: SerializedError };

interface PendingCall {
  readonly resolve: (answer: string) => void;
  readonly reject: (error: GatewayError) => void;
  readonly timer: NodeJS.Timeout;
}

/** @param signal Aborted when the caller no longer waits, or its process has ended. */
type Answer<Call> = (call: Call, signal: AbortSignal) => Promise<string>;

export class Channel<Outgoing, Incoming> {
  readonly #peer: Peer;
  readonly #answer: Answer<Incoming>;
  readonly #answering = new Map<number, AbortController>();
  readonly #pendingMax: number;
  readonly #pending = new Map<number, PendingCall>();
  #nextId = 1;
  #isOpen = true;

  /** @param pendingMax Calls without an answer; one more is refused with `OVERLOADED`. */
  constructor(peer: Peer, answer: Answer<Incoming>, pendingMax: number) {
    this.#peer = peer;
    this.#answer = answer;
    this.#pendingMax = pendingMax;
    peer.on('message', (message) => this.#read(message as Message<Incoming>));
    peer.on('disconnect', () => this.#close());
  }

  /**
   * @param signal Cancels the call on the other side, which still answers it.
   * @throws {GatewayError} What the other side threw; `NOT_READY` if it has ended or does not answer in time.
   */
  call(call: Outgoing, timeoutMs: number, signal?: AbortSignal): Promise<string> {
    return new Promise((resolve, reject) => {
      if (!this.#isOpen) {
        reject(disconnected());
        return;
      }
      if (this.#pending.size >= this.#pendingMax) {
        reject(new GatewayError('OVERLOADED', 'Too many new operations at once; try again later'));
        return;
      }
      const id = this.#nextId++;
      const timeOut = (): void => {
        if (!this.#pending.has(id)) return;
        this.#cancel(id);
        this.#pending.delete(id);
        reject(new GatewayError('NOT_READY', `No answer from the other process within ${timeoutMs} ms`));
      };
      // An answer that has arrived while this process was busy is read first.
      const timer = setTimeout(() => setImmediate(timeOut), timeoutMs);
      this.#pending.set(id, { resolve, reject, timer });
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
          (error: unknown) => this.#send({ id, error: serializeError(error) }),
        )
        .finally(() => this.#answering.delete(id));
      return;
    }
    if ('cancelled' in message) {
      this.#answering.get(id)?.abort();
      return;
    }
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    if ('answer' in message) pending.resolve(message.answer);
    else pending.reject(parseError(message.error));
  }

  #cancel(id: number): void {
    if (this.#pending.has(id)) this.#send({ id, cancelled: true });
  }

  #send(message: Message<Outgoing>): void {
    // Errors of sending are ignored: the other process has ended, and `disconnect` follows.
    if (this.#isOpen) this.#peer.send?.(message, () => {});
  }

  #close(): void {
    this.#isOpen = false;
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(disconnected());
    }
    this.#pending.clear();
    for (const controller of this.#answering.values()) controller.abort();
  }
}

function serializeError(error: unknown): SerializedError {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (isGatewayError(error)) {
    const { code, message } = error;
    return { code, message, public: error.public, detail };
  }
  const message = errorText(error);
  return { code: 'INTERNAL_ERROR', message, public: {}, detail };
}

function parseError({ code, message, public: publicDetails, detail }: SerializedError): GatewayError {
  return new GatewayError(code, message, { public: publicDetails, cause: detail });
}

function disconnected(): GatewayError {
  return new GatewayError('NOT_READY', 'The other process of the gateway has ended');
}

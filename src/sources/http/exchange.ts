/**
 * One HTTP exchange: collects the answer within its limits, and ends exactly once, whoever ends it first: the service,
 * the timeout, the client's departure or the byte cap.
 */

import type { Dispatcher } from 'undici';

import type { CallContext } from '../../resilience/call.ts';
import { monotonicClock } from '../../shared/clock.ts';
import { GatewayError } from '../../shared/errors.ts';
import { countBytes, uncountedBytes } from './answer-budget.ts';
import { ContentDecoding, encodingOf, type Encoding } from './content-decoding.ts';
import { badResponse, budgetSpent, connectionLost, timedOut, unavailable } from '../failures.ts';

export type HttpHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: HttpHeaders;
  /** Unpacked. */
  readonly body: Buffer;
}

export interface HttpCallLimits {
  readonly timeoutMs: number;
  /** Unpacked. */
  readonly responseBytesMax: number;
  /** Before it is unpacked. */
  readonly compressedBytesMax: number;
  /** Of all answers to one client request; see `answer-budget.ts`. */
  readonly operationBytesMax: number;
  readonly acceptEncodings: readonly Encoding[];
}

/** Who waits for the answer, and the pool that the call waits in. */
export interface HttpCallParts {
  /** Told when it is sent: until then it waits for a connection. */
  readonly call: CallContext;
  readonly resolve: Resolve;
  readonly reject: Reject;
  /** Runs once, when undici is done with the call: its place in the queue is free. */
  readonly onReleased: () => void;
  /** Whether there is a connection: a call that is not sent then waits for others. */
  readonly isConnected: () => boolean;
}

type Resolve = (response: HttpResponse) => void;
type Reject = (error: GatewayError) => void;

export class HttpCall implements Dispatcher.DispatchHandler {
  readonly #service: string;
  readonly #limits: HttpCallLimits;
  readonly #parts: HttpCallParts;
  readonly #timer: NodeJS.Timeout;
  readonly #onCancel: (reason: GatewayError) => void;
  #controller: Dispatcher.DispatchController | undefined;
  /** Set once the caller has its answer; what undici reports afterwards only frees the place. */
  #isSettled = false;
  #isSent = false;
  #abortReason: Error | undefined;
  /** undici is done with it. */
  isReleased = false;
  #status = 0;
  /** Answers before the answer, such as 103 Early Hints. */
  #hints = 0;
  #headers: HttpHeaders = {};
  #decoding: ContentDecoding | undefined;
  #compressedBytes = 0;
  #first: Buffer | undefined;
  #rest: Buffer[] | undefined;
  #bytes = 0;

  constructor(service: string, limits: HttpCallLimits, parts: HttpCallParts) {
    this.#service = service;
    this.#limits = limits;
    this.#parts = parts;
    this.#timer = setTimeout(() => this.#fail(this.#timedOut()), limits.timeoutMs);
    this.#onCancel = (reason) => this.#fail(reason);
    parts.call.cancellation.on(this.#onCancel);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#isSent = true;
    this.#parts.call.sentAtMs = monotonicClock();
    // It ended while it waited for a connection: do not send it.
    if (this.#abortReason) controller.abort(this.#abortReason);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: HttpHeaders): void {
    if (status < 200) {
      this.#hints += 1;
      if (this.#hints > hintsMax)
        this.#fail(badResponse(this.#service, new Error(`over ${hintsMax} 1xx answers`)));
      return;
    }
    this.#status = status;
    this.#parts.call.span?.set('http.response.status_code', status);
    // 304 answers a conditional request: it names no other place.
    if (status >= 300 && status < 400 && status !== 304) {
      this.#fail(badResponse(this.#service, new Error(`status ${status}: redirects are not followed`)));
      return;
    }
    this.#headers = headers;
    const { responseBytesMax, compressedBytesMax, acceptEncodings } = this.#limits;
    let encoding: Encoding | null;
    try {
      encoding = encodingOf(headers['content-encoding'], acceptEncodings);
    } catch (cause) {
      this.#fail(badResponse(this.#service, cause));
      return;
    }
    if (encoding) this.#startDecoding(encoding, controller);
    const bytesMax = encoding ? compressedBytesMax : responseBytesMax;
    if (Number(headers['content-length'] ?? 0) > bytesMax) this.#failTooLarge(bytesMax);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#decoding) {
      this.#take(chunk);
      return;
    }
    this.#compressedBytes += chunk.length;
    const { compressedBytesMax } = this.#limits;
    if (this.#compressedBytes > compressedBytesMax) this.#failTooLarge(compressedBytesMax);
    else if (!this.#decoding.write(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    this.#release();
    // An answer without a body, such as 304, may still name the coding that its body would have.
    if (this.#decoding && this.#compressedBytes > 0) this.#decoding.end();
    else this.#finish();
  }

  #startDecoding(encoding: Encoding, controller: Dispatcher.DispatchController): void {
    this.#decoding = new ContentDecoding(encoding, {
      onData: (chunk) => this.#take(chunk),
      onEnd: () => this.#finish(),
      onError: (error) => this.#fail(badResponse(this.#service, error)),
      onDrain: () => controller.resume(),
    });
  }

  #take(chunk: Buffer): void {
    if (this.#isSettled) return;
    this.#bytes += chunk.length;
    const { responseBytesMax, operationBytesMax } = this.#limits;
    if (this.#bytes > responseBytesMax) {
      this.#failTooLarge(responseBytesMax);
      return;
    }
    const counted = Math.min(chunk.length, this.#bytes - uncountedBytes);
    if (counted > 0 && !countBytes(this.#parts.call.request, counted, operationBytesMax)) {
      this.#fail(budgetSpent(this.#service, operationBytesMax));
      return;
    }
    // Most answers are one chunk: no list, no copy.
    if (this.#first === undefined) this.#first = chunk;
    else (this.#rest ??= []).push(chunk);
  }

  #finish(): void {
    if (!this.#settle()) return;
    const first = this.#first ?? Buffer.alloc(0);
    const body = this.#rest ? Buffer.concat([first, ...this.#rest], this.#bytes) : first;
    this.#parts.resolve({ status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#release();
    this.#decoding?.destroy();
    if (this.#settle()) this.#parts.reject(failureOf(error, this.#service, this.#status > 0));
  }

  /** That calls wait for those before them says nothing of the service; that there is no connection does. */
  #timedOut(): GatewayError {
    if (this.#isSent) return timedOut(this.#service);
    const outcome = this.#parts.isConnected() ? 'refused' : 'timeout';
    const cause = new Error('it waited for a connection');
    return timedOut(this.#service, cause, { outcome, nothingSent: true });
  }

  #failTooLarge(bytesMax: number): void {
    const cause = new Error(`the answer is larger than ${bytesMax} bytes`);
    this.#fail(badResponse(this.#service, cause, { outcome: 'too-large' }));
  }

  #fail(error: GatewayError): void {
    if (!this.#settle()) return;
    this.#parts.reject(error);
    this.#abortReason = error;
    this.#controller?.abort(error);
    this.#decoding?.destroy();
    this.#first = undefined;
    this.#rest = undefined;
  }

  /** True for the first caller only. */
  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.#parts.call.cancellation.off(this.#onCancel);
    return true;
  }

  #release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    this.#parts.onReleased();
  }
}

/** Of one call: nobody here reads them, and reading a flood of them would take all the time there is. */
const hintsMax = 20;

const timeoutCodes = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']);

/** A request that undici does not make: a defect of ours. */
const notBuilt = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED']);

const neverConnected = new Set(['ECONNREFUSED', 'ENOTFOUND', 'ADDRESS_REFUSED']);
/** What the operating system was asked for while there was no connection yet. */
const beforeConnection: ReadonlySet<unknown> = new Set(['connect', 'getaddrinfo']);
const lostCodes = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** Answers that broke HTTP itself; the connection was there. */
const protocolCodes = /^(HPE_|UND_ERR_RES_|UND_ERR_RESPONSE|UND_ERR_HEADERS_OVERFLOW)/;

function failureOf(error: Error, service: string, hasResponse: boolean): GatewayError {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'UND_ERR_CONNECT_TIMEOUT') {
    return timedOut(service, error, { outcome: 'connect', nothingSent: true });
  }
  if (timeoutCodes.has(code)) return timedOut(service, error);
  if (notBuilt.has(code)) {
    return new GatewayError('INTERNAL_ERROR', 'Internal error', { public: { service }, cause: error });
  }
  // A connection lost in the middle of an answer is a truncated answer.
  const isProtocolError = error.name === 'HTTPParserError' || protocolCodes.test(code);
  if (hasResponse || isProtocolError) return badResponse(service, error);
  if (lostCodes.has(code)) return connectionLost(service, error);
  const nothingSent = neverConnected.has(code) || ('syscall' in error && beforeConnection.has(error.syscall));
  return unavailable(service, error, { nothingSent });
}

/** One connection, with at most one call under way. */

import type { Socket } from 'node:net';

import type { CallController, HttpHeaders, PooledCall } from '../pooled-call.ts';
import { AnswerParser, type AnswerReceiver } from './answer-parser.ts';
import { Http1Error } from './http1-error.ts';
import { currentTurn, type LookedAt } from './looked-at.ts';
import type { RequestText } from './request-text.ts';
import type { SocketOpener } from './socket-opener.ts';

/** A call with what is sent for it, on a connection or waiting for one. */
export class Http1Exchange implements CallController {
  readonly text: RequestText;
  readonly call: PooledCall;
  /** While the call is under way. */
  connection: Http1Connection | undefined;

  constructor(text: RequestText, call: PooledCall) {
    this.text = text;
    this.call = call;
  }

  abort(reason: Error): void {
    this.connection?.abort(reason);
  }

  pause(): void {
    this.connection?.pause();
  }

  resume(): void {
    this.connection?.resume();
  }

  fail(error: Error): void {
    this.connection = undefined;
    this.call.onResponseError(this, error);
  }
}

export interface ConnectionOwner {
  readonly connectTimeoutMs: number;
  readonly keepAliveMs: number;
  /** It can take a call. */
  onFree(connection: Http1Connection): void;
  /** It takes no calls any more. `unsent`: the one that it had not begun to send. */
  onEnded(connection: Http1Connection, unsent: Http1Exchange | undefined): void;
  /** Its place is free. */
  onClosed(connection: Http1Connection): void;
}

const readBytes = 65_536;
/** Up to this size the body is sent in one piece with the head. */
const joinedBytesMax = 8192;
/** How much sooner than a service announces a connection is closed, and how long it is kept at most. */
const announcedMarginMs = 2000;
const keepAliveMaxMs = 600_000;

export class Http1Connection implements AnswerReceiver, LookedAt {
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  readonly #parser = new AnswerParser(this);
  readonly #connectTimer: NodeJS.Timeout;
  #isOpen = false;
  #isEnded = false;
  #isSent = false;
  #isPaused = false;
  #isReferenced = true;
  /** To be sent. */
  #assigned: Http1Exchange | undefined;
  /** Under way. */
  #current: Http1Exchange | undefined;
  /** How long it may be idle after the current answer. 0: not at all. */
  keepAliveMs: number;
  /** While it is free; a time of the monotonic clock. */
  idleUntilMs = 0;
  freedInTurn = -1;

  /** @throws {Error} Settings that TLS cannot use. */
  constructor(opener: SocketOpener, owner: ConnectionOwner, first: Http1Exchange) {
    this.#owner = owner;
    this.#assigned = first;
    this.keepAliveMs = owner.keepAliveMs;
    const buffer = Buffer.allocUnsafeSlow(readBytes);
    const callback = (bytes: number): boolean => {
      this.#read(bytes === buffer.length ? buffer : buffer.subarray(0, bytes));
      return true;
    };
    this.#socket = opener.open({ buffer, callback });
    const { connectTimeoutMs } = owner;
    this.#connectTimer = setTimeout(() => {
      this.#end(new Http1Error('connect-timeout', `no connection within ${connectTimeoutMs} ms`));
    }, connectTimeoutMs);
    this.#socket
      .once(opener.openEvent, () => this.#onOpen())
      .on('error', (error) => this.#end(error))
      .on('end', () => this.#onEnd())
      .on('close', () => {
        this.#end(new Http1Error('lost', 'the connection is closed'));
        owner.onClosed(this);
      });
  }

  /** Of a connection that is free: the call is sent by `sendAssigned`. */
  assign(exchange: Http1Exchange): void {
    this.#assigned = exchange;
    if (this.#isReferenced) return;
    this.#isReferenced = true;
    this.#socket.ref();
  }

  sendAssigned(): void {
    const exchange = this.#assigned;
    if (!exchange) return;
    this.#assigned = undefined;
    this.#current = exchange;
    exchange.connection = this;
    this.#isSent = false;
    try {
      exchange.call.onRequestStart(exchange);
    } catch (error) {
      this.abort(error as Error);
    }
    // It was aborted: nothing has been written.
    if (this.#current !== exchange) {
      if (!this.#isEnded) this.#owner.onFree(this);
      return;
    }
    this.#isSent = true;
    this.keepAliveMs = this.#owner.keepAliveMs;
    try {
      this.#write(exchange.text);
    } catch (error) {
      this.#end(error as Error);
    }
  }

  /** Ends the call that is under way. */
  abort(reason: Error): void {
    if (this.#isSent) {
      this.#end(reason);
      return;
    }
    const exchange = this.#current;
    this.#current = undefined;
    exchange?.fail(reason);
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  /** While it is idle it does not keep the process alive. */
  unref(): void {
    this.#isReferenced = false;
    this.#socket.unref();
  }

  destroy(reason: Error): void {
    this.#end(reason);
  }

  onHead(status: number, headers: HttpHeaders): boolean {
    const exchange = this.#current as Http1Exchange;
    const announced = headers['keep-alive'];
    if (announced !== undefined && status >= 200) this.#heed(String(announced));
    exchange.call.onResponseStart(exchange, status, headers);
    return this.#current === exchange;
  }

  onBody(data: Buffer): boolean {
    const exchange = this.#current as Http1Exchange;
    exchange.call.onResponseData(exchange, data);
    return this.#current === exchange;
  }

  onAnswered(isReusable: boolean): void {
    const exchange = this.#current as Http1Exchange;
    this.#current = undefined;
    exchange.connection = undefined;
    this.freedInTurn = currentTurn();
    this.resume();
    const isKept = isReusable && this.keepAliveMs > 0 && !exchange.text.isLast;
    if (!isKept) this.#end(new Http1Error('closed', 'the answer was the last'));
    try {
      exchange.call.onResponseEnd();
    } catch (error) {
      exchange.fail(error as Error);
    }
    if (isKept) this.#free();
  }

  #free(): void {
    if (this.#socket.writableLength === 0) {
      this.#owner.onFree(this);
      return;
    }
    // TLS says what it has sent at the end of a turn of the event loop.
    setImmediate(() => {
      if (this.#isEnded) return;
      // Where the request ends is no longer certain.
      if (this.#socket.writableLength > 0)
        this.#end(new Http1Error('closed', 'the answer came before all of the request was sent'));
      else this.#owner.onFree(this);
    });
  }

  /** `Keep-Alive: timeout=5`: the service closes the connection after that many seconds. */
  #heed(announced: string): void {
    const seconds = /(?:^|,)[\t ]*timeout=(\d+)/i.exec(announced)?.[1];
    if (seconds === undefined) return;
    this.keepAliveMs = Math.min(Number(seconds) * 1000 - announcedMarginMs, keepAliveMaxMs);
  }

  #write({ head, body, bodyBytes }: RequestText): void {
    const socket = this.#socket;
    if (body === null) {
      socket.write(head, 'latin1');
    } else if (bodyBytes > joinedBytesMax) {
      socket.cork();
      socket.write(head, 'latin1');
      socket.write(body, 'utf8');
      socket.uncork();
    } else if (typeof body === 'string' && body.length === bodyBytes) {
      // ASCII, which is the same in both encodings.
      socket.write(head + body, 'latin1');
    } else {
      const bytes = Buffer.allocUnsafe(head.length + bodyBytes);
      bytes.write(head, 0, 'latin1');
      if (typeof body === 'string') bytes.write(body, head.length, 'utf8');
      else body.copy(bytes, head.length);
      socket.write(bytes);
    }
  }

  #read(chunk: Buffer): void {
    if (this.#isEnded) return;
    if (!this.#current) {
      // It would be taken for the answer of the next call.
      this.#end(new Http1Error('lost', 'the other side sent what nobody asked for'));
      return;
    }
    try {
      this.#parser.read(chunk);
    } catch (error) {
      this.#end(error as Error);
    }
  }

  #onOpen(): void {
    clearTimeout(this.#connectTimer);
    if (this.#isEnded) return;
    this.#isOpen = true;
    this.sendAssigned();
  }

  #onEnd(): void {
    if (this.#current) this.#parser.end();
    this.#end(new Http1Error('lost', 'the other side closed the connection'));
  }

  #end(error: Error): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearTimeout(this.#connectTimer);
    this.#socket.destroy();
    const current = this.#current;
    const assigned = this.#assigned;
    this.#current = undefined;
    this.#assigned = undefined;
    // Of a connection that there never was, the call says why.
    if (assigned && !this.#isOpen) assigned.fail(connectError(error));
    this.#owner.onEnded(this, this.#isOpen ? assigned : undefined);
    current?.fail(error);
  }
}

/** All addresses of a name are tried; where one of them did not answer in time, that is what happened. */
function connectError(error: Error): Error {
  if (!(error instanceof AggregateError)) return error;
  const isLate = [error, ...(error.errors as unknown[])].some(
    (one) => (one as NodeJS.ErrnoException | null)?.code === 'ETIMEDOUT',
  );
  return isLate ? new Http1Error('connect-timeout', 'no address answered in time', { cause: error }) : error;
}

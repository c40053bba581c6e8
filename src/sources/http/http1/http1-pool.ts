/**
 * The HTTP/1.1 connections to one origin. As many as allowed, one call under way on each; other calls wait in order.
 */

import type { ServiceTransport } from '../../../config/gateway/transport.ts';
import { monotonicClock } from '../../../shared/clock.ts';
import type { ConnectionPool, PooledCall, PooledRequest } from '../pooled-call.ts';
import { Http1Connection, Http1Exchange, type ConnectionOwner } from './http1-connection.ts';
import { Http1Error } from './http1-error.ts';
import { currentTurn, sendWhenLookedAt } from './looked-at.ts';
import { requestText } from './request-text.ts';
import type { SocketOpener } from './socket-opener.ts';
import { WaitingLine } from './waiting-line.ts';

type Http1Settings = Pick<ServiceTransport, 'connections' | 'keepAliveMs' | 'connectTimeoutMs'>;

const sweepMs = 1000;

export class Http1Pool implements ConnectionPool, ConnectionOwner {
  readonly keepAliveMs: number;
  readonly connectTimeoutMs: number;
  readonly #opener: SocketOpener;
  /** As in the header. */
  readonly #host: string;
  readonly #connectionsMax: number;
  readonly #connections = new Set<Http1Connection>();
  /** Idle; the one used last is the last. */
  readonly #free: Http1Connection[] = [];
  readonly #waiting = new WaitingLine<Http1Exchange>();
  #sweeper: NodeJS.Timeout | undefined;
  #isClosing = false;
  #isDestroyed = false;
  readonly #onClosed: (() => void)[] = [];

  /** @param host With its port, unless that is the usual one. */
  constructor(opener: SocketOpener, host: string, settings: Http1Settings) {
    this.#opener = opener;
    this.#host = host;
    this.#connectionsMax = settings.connections;
    this.keepAliveMs = settings.keepAliveMs;
    this.connectTimeoutMs = settings.connectTimeoutMs;
  }

  dispatch(request: PooledRequest, call: PooledCall): void {
    let exchange: Http1Exchange;
    try {
      if (this.#isClosing) throw closedError();
      exchange = new Http1Exchange(requestText(request, this.#host), call);
    } catch (error) {
      call.onResponseError(undefined, error as Error);
      return;
    }
    this.#waiting.push(exchange);
    this.#serve();
  }

  close(): Promise<void> {
    this.#isClosing = true;
    for (const connection of [...this.#free]) connection.destroy(closedError());
    return new Promise((resolve) => {
      this.#onClosed.push(resolve);
      this.#resolveIfClosed();
    });
  }

  destroy(): Promise<void> {
    this.#isClosing = true;
    this.#isDestroyed = true;
    for (let exchange = this.#waiting.shift(); exchange; exchange = this.#waiting.shift())
      exchange.fail(closedError());
    for (const connection of [...this.#connections]) connection.destroy(closedError());
    return this.close();
  }

  onFree(connection: Http1Connection): void {
    connection.idleUntilMs = monotonicClock() + connection.keepAliveMs;
    this.#free.push(connection);
    if (this.#waiting.length > 0) this.#serve();
    else if (this.#isClosing) connection.destroy(closedError());
  }

  onEnded(connection: Http1Connection, unsent: Http1Exchange | undefined): void {
    const index = this.#free.indexOf(connection);
    if (index >= 0) this.#free.splice(index, 1);
    if (!unsent) return;
    if (this.#isDestroyed) {
      unsent.fail(closedError());
      return;
    }
    this.#waiting.putBack(unsent);
    this.#serve();
  }

  onClosed(connection: Http1Connection): void {
    this.#connections.delete(connection);
    this.#serve();
    this.#resolveIfClosed();
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      const connection = this.#takeFree();
      if (!connection && this.#connections.size >= this.#connectionsMax) return;
      const exchange = this.#waiting.shift() as Http1Exchange;
      if (!connection) {
        this.#open(exchange);
        continue;
      }
      connection.assign(exchange);
      sendWhenLookedAt(connection);
    }
  }

  /** The one used last, so that others can be closed, but rather one that can be used at the end of this turn. */
  #takeFree(): Http1Connection | undefined {
    if (this.#free.length === 0) return undefined;
    const nowMs = monotonicClock();
    const turn = currentTurn();
    while (this.#free.length > 0) {
      const rested = this.#free.findLastIndex(({ freedInTurn }) => freedInTurn < turn);
      const [connection] = this.#free.splice(rested < 0 ? -1 : rested, 1);
      if (connection && connection.idleUntilMs >= nowMs) return connection;
      connection?.destroy(idleError());
    }
    return undefined;
  }

  #open(exchange: Http1Exchange): void {
    try {
      this.#connections.add(new Http1Connection(this.#opener, this, exchange));
    } catch (error) {
      exchange.fail(error as Error);
      return;
    }
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepMs).unref();
  }

  #sweep(): void {
    const nowMs = monotonicClock();
    for (const connection of [...this.#free]) {
      if (connection.idleUntilMs < nowMs) connection.destroy(idleError());
      else connection.unref();
    }
    if (this.#connections.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  #resolveIfClosed(): void {
    if (!this.#isClosing || this.#connections.size > 0 || this.#waiting.length > 0) return;
    clearInterval(this.#sweeper);
    for (const resolve of this.#onClosed.splice(0)) resolve();
  }
}

function closedError(): Http1Error {
  return new Http1Error('closed', 'these connections are closed');
}

function idleError(): Http1Error {
  return new Http1Error('closed', 'the connection was idle for too long');
}

/**
 * Cancellation of one request: the client disconnected, or the deadline passed.
 *
 * AbortSignal does the same at several times the cost per listener, and a request adds one listener per subgraph call;
 * `signal` builds one only for code that needs it.
 */

import type { GatewayError } from './errors.ts';

export class Cancellation {
  #reason: GatewayError | undefined;
  #listeners: Set<(reason: GatewayError) => void> | undefined;
  #controller: AbortController | undefined;

  /** Why the request was cancelled; undefined if it was not. */
  get reason(): GatewayError | undefined {
    return this.#reason;
  }

  /** Runs every listener once. Later calls change nothing. */
  cancel(reason: GatewayError): void {
    if (this.#reason) return;
    this.#reason = reason;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners) for (const listener of listeners) listener(reason);
    this.#controller?.abort(reason);
  }

  /** Calls `listener` on cancellation, or at once if already cancelled. Pair with `off`. */
  on(listener: (reason: GatewayError) => void): void {
    if (this.#reason) listener(this.#reason);
    else (this.#listeners ??= new Set()).add(listener);
  }

  off(listener: (reason: GatewayError) => void): void {
    this.#listeners?.delete(listener);
  }

  /** The same as an AbortSignal, created on first use. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#reason && !this.#controller.signal.aborted) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }
}

/** What calls and the connections they go over know of each other, whichever HTTP client the connections are of. */

export type HttpHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface PooledRequest {
  readonly method: string;
  /** Path and query, encoded. */
  readonly path: string;
  /** Values as `isHeaderValue` wants them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | null;
}

/** Of one call. Once the call has ended it does nothing. */
export interface CallController {
  /** Ends the call with this error, and its connection. */
  abort(reason: Error): void;
  /** No more data, apart from what has been read already. */
  pause(): void;
  resume(): void;
}

/** Gets the start of its request, unless it fails before; then heads and data; then exactly one end or error. */
export interface PooledCall {
  /** Nothing of it is under way any more. Set when its end was reported. */
  readonly isReleased: boolean;
  /** Just before the request is sent. */
  onRequestStart(controller: CallController): void;
  /** @param status Below 200: another head follows. */
  onResponseStart(controller: CallController, status: number, headers: HttpHeaders): void;
  /** @param chunk Belongs to the call. */
  onResponseData(controller: CallController, chunk: Buffer): void;
  onResponseEnd(): void;
  onResponseError(controller: unknown, error: Error): void;
}

/** The connections to one origin. */
export interface ConnectionPool {
  /** Never throws: what is wrong with the request or the connection is the call's error. */
  dispatch(request: PooledRequest, call: PooledCall): unknown;
  /** Takes no more calls, and resolves when those it has have ended. */
  close(): Promise<unknown>;
  /** Breaks off what is under way. */
  destroy(): Promise<unknown>;
}

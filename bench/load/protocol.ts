/** What the runner and the load generator say to each other. */

/** The gateway that is asked. */
export interface LoadTarget {
  readonly port: number;
  readonly path: string;
  /** Its process: its CPU time and that of its children is read as the window opens and closes. */
  readonly pid: number;
}

export interface LoadRequest {
  /** A mark such as t-00000000 or t_00000000 in it becomes another one in each request. */
  readonly body: string;
  /** What every answer must be, byte by byte: lengths are compared always, contents of one in `sampleEvery`. */
  readonly expected: string;
}

export interface WindowOrder extends LoadTarget {
  readonly kind: 'window';
  readonly requests: readonly LoadRequest[];
  /** Which of them to send, over and over. */
  readonly sequence: readonly number[];
  readonly connections: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
  readonly sampleEvery: number;
  /**
   * Requests begin at this rate whether or not others have ended, and wait for a free connection where there is none;
   * latencies count from the time that was due. Without it, each connection sends as soon as it has its answer.
   */
  readonly perSecond?: number;
}

/** Each request once, in order; nothing is compared. */
export interface PassOrder extends LoadTarget {
  readonly kind: 'pass';
  readonly bodies: readonly string[];
  readonly connections: number;
}

export type LoadOrder = WindowOrder | PassOrder;

interface Span {
  /** All threads and children of the gateway. */
  readonly cpuMs: number;
  readonly rssMb: number;
  /** Of the monotonic clock, in microseconds: to find it in a profile. */
  readonly openedAtUs: number;
  readonly closedAtUs: number;
}

export interface LoadResult extends Span {
  /** Those that were answered. */
  readonly requests: number;
  readonly windowMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** Refused with 429 or 503. */
  readonly refused: number;
  /** Answers with another status, length or, of those sampled, content; and connections that broke. */
  readonly failures: number;
  /** The first of them, in words. */
  readonly firstFailure: string | null;
}

export interface PassResult extends Span {
  /** In the order of the bodies. */
  readonly answers: ReadonlyArray<{ readonly status: number; readonly text: string }>;
}

export type LoadMessage =
  | { readonly kind: 'window'; readonly result: LoadResult }
  | { readonly kind: 'pass'; readonly result: PassResult }
  | { readonly kind: 'failed'; readonly message: string };

/** What the runner and the load generator say to each other. */

export interface LoadOrder {
  readonly port: number;
  readonly path: string;
  /** Of every request. A mark such as t-00000000 in it becomes another one in each request. */
  readonly body: string;
  readonly connections: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
  /** What every answer must be, byte by byte: lengths are compared always, contents of one in `sampleEvery`. */
  readonly expected: string;
  readonly sampleEvery: number;
  /** The gateway's process: its CPU time and that of its children is read as the window opens and closes. */
  readonly pid: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly windowMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers with another status, length or, of those sampled, content; and connections that broke. */
  readonly failures: number;
  /** The first of them, in words. */
  readonly firstFailure: string | null;
  /** All threads and children of the gateway, in the window. */
  readonly cpuMs: number;
  readonly rssMb: number;
  /** Of the monotonic clock, in microseconds: to find the window in a profile. */
  readonly openedAtUs: number;
  readonly closedAtUs: number;
}

export type LoadMessage =
  | { readonly kind: 'done'; readonly result: LoadResult }
  | { readonly kind: 'failed'; readonly message: string };

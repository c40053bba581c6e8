/** The latest calls to a mock, with their times, arguments and some of their headers. */

export interface Call {
  /** GraphQL: the operation's name, or its root fields; REST: `GET /users?ids`; gRPC: the method. */
  readonly operation: string;
  /** The names by which a fault's `operations` can select this call: `operation`, then root fields, entity types. */
  readonly names: readonly string[];
  /** From `performance.now()`: comparable between mocks of one process. */
  readonly startedAtMs: number;
  readonly startedAtEpochMs: number;
  /** Undefined while the call is open. */
  endedAtMs?: number;
  /** `answered`: the response was sent completely; `aborted`: the connection or the call ended before. */
  outcome: 'open' | 'answered' | 'aborted';
  /** HTTP status or gRPC code; undefined until it was sent. */
  status?: number;
  /** The injected fault, if any. */
  fault?: string;
  readonly authorizationPresent: boolean;
  /** Headers that start with `x-`, and a few others, truncated to 256 characters. Never credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names of all headers of the call, sorted. */
  readonly headerNames: readonly string[];
  /** Lists are truncated to 100 entries. */
  readonly args: Readonly<Record<string, unknown>>;
  /** GraphQL text. */
  readonly query?: string;
}

export interface CallStart {
  readonly names: readonly [string, ...string[]];
  readonly headers: Readonly<Record<string, unknown>>;
  readonly args: Readonly<Record<string, unknown>>;
  readonly query?: string;
}

const callsMax = 10_000;
const headersMax = 50;
const headerCharactersMax = 256;
const listMax = 100;
const otherLoggedHeaders = new Set(['idempotency-key', 'traceparent', 'content-type', 'user-agent']);
/** Secrets that start with `x-`. */
const secretHeaders = new Set(['x-api-key', 'x-auth-token']);

export class CallLog {
  #ring: Call[] = [];
  #oldest = 0;
  #total = 0;

  /** Calls since the start or the last `clear`, including those that the ring buffer has dropped. */
  get total(): number {
    return this.#total;
  }

  /** The latest 10,000 at most, oldest first. */
  list(): readonly Call[] {
    return [...this.#ring.slice(this.#oldest), ...this.#ring.slice(0, this.#oldest)];
  }

  /** The calls in the log with this name. */
  named(name: string): readonly Call[] {
    return this.list().filter((call) => call.names.includes(name));
  }

  clear(): void {
    this.#ring = [];
    this.#oldest = 0;
    this.#total = 0;
  }

  begin(start: CallStart): Call {
    const startedAtMs = performance.now();
    const call: Call = {
      operation: start.names[0],
      names: start.names,
      startedAtMs,
      startedAtEpochMs: Math.round(performance.timeOrigin + startedAtMs),
      outcome: 'open',
      authorizationPresent: 'authorization' in start.headers,
      headers: loggedHeadersOf(start.headers),
      headerNames: Object.keys(start.headers).sort().slice(0, headersMax),
      args: start.args,
      ...(start.query === undefined ? {} : { query: start.query }),
    };
    this.#add(call);
    return call;
  }

  /** Only the first end of a call counts. */
  end(call: Call, outcome: 'answered' | 'aborted', status?: number): void {
    if (call.outcome !== 'open') return;
    call.outcome = outcome;
    call.endedAtMs = performance.now();
    if (status !== undefined) call.status = status;
  }

  #add(call: Call): void {
    this.#total += 1;
    if (this.#ring.length < callsMax) {
      this.#ring.push(call);
      return;
    }
    this.#ring[this.#oldest] = call;
    this.#oldest = (this.#oldest + 1) % callsMax;
  }
}

/** Truncates long lists, so that 10,000 calls fit in memory. */
export function toLoggedArgs(args: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const logged: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(args))
    logged[name] = Array.isArray(value) && value.length > listMax ? value.slice(0, listMax) : value;
  return logged;
}

function loggedHeadersOf(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const logged: Record<string, string> = {};
  let count = 0;
  for (const name in headers) {
    if (count === headersMax) break;
    if (!(name.startsWith('x-') && !secretHeaders.has(name)) && !otherLoggedHeaders.has(name)) continue;
    logged[name] = String(headers[name]).slice(0, headerCharactersMax);
    count += 1;
  }
  return logged;
}

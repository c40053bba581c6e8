/** Keeps the spans of one request in memory, within bounds, to tell of them afterwards. */

import type { Clock } from './clock.ts';
import { isGatewayError } from './errors.ts';
import type { RecordedSpan, RequestTrace, SpanOptions, SpanValue } from './trace.ts';

/** A span as it is told, its times in ms since the first one began. */
export interface SpanReport {
  readonly name: string;
  readonly startMs: number;
  /** Null: it has not ended. */
  readonly durationMs: number | null;
  /** Code of its error. */
  readonly error?: string;
  readonly attributes?: Readonly<Record<string, SpanValue>>;
  readonly children?: readonly SpanReport[];
}

/** Of one request: further ones are left out, and the tree says so. */
const spansMax = 1000;

interface Tree {
  readonly clock: Clock;
  readonly beganAtMs: number;
  spans: number;
  leftOut: number;
  root: SpanInMemory | null;
}

export class SpanInMemory implements RecordedSpan {
  readonly id = '';
  readonly #name: string;
  readonly #tree: Tree;
  readonly #beganAtMs: number;
  readonly #attributes: Map<string, SpanValue>;
  readonly #children: SpanInMemory[] = [];
  #endedAtMs: number | null = null;
  #error: string | undefined;

  static root(name: string, clock: Clock): SpanInMemory {
    const tree: Tree = { clock, beganAtMs: clock(), spans: 0, leftOut: 0, root: null };
    tree.root = new SpanInMemory(name, tree, {});
    return tree.root;
  }

  private constructor(name: string, tree: Tree, { attributes = {} }: SpanOptions) {
    this.#name = name;
    this.#tree = tree;
    this.#beganAtMs = tree.clock();
    this.#attributes = new Map(Object.entries(attributes));
  }

  begin(name: string, options: SpanOptions = {}): RecordedSpan {
    const child = new SpanInMemory(name, this.#tree, options);
    if (this.#tree.spans < spansMax) {
      this.#tree.spans += 1;
      this.#children.push(child);
    } else this.#tree.leftOut += 1;
    return child;
  }

  set(name: string, value: SpanValue): void {
    this.#attributes.set(name, value);
  }

  /** That it is shared is all that may be told: the other request is somebody else's. */
  link(): void {
    this.#attributes.set('tributary.shared', true);
  }

  fail(code: string, error?: unknown): void {
    this.#error = isGatewayError(error) ? error.code : code;
  }

  end(): void {
    this.#endedAtMs ??= this.#tree.clock();
  }

  report(): SpanReport {
    const { beganAtMs, leftOut, clock } = this.#tree;
    const attributes = new Map(this.#attributes);
    const isRoot = this === this.#tree.root;
    if (leftOut > 0 && isRoot) attributes.set('tributary.spans_left_out', leftOut);
    // The first one is told of before it ends.
    const endedAtMs = this.#endedAtMs ?? (isRoot ? clock() : null);
    return {
      name: this.#name,
      startMs: rounded(this.#beganAtMs - beganAtMs),
      durationMs: endedAtMs === null ? null : rounded(endedAtMs - this.#beganAtMs),
      ...(this.#error === undefined ? {} : { error: this.#error }),
      ...(attributes.size === 0 ? {} : { attributes: Object.fromEntries(attributes) }),
      ...(this.#children.length === 0 ? {} : { children: this.#children.map((child) => child.report()) }),
    };
  }
}

/** Two recordings of the same work. The first one's id is told to services. */
class BothSpans implements RecordedSpan {
  readonly #first: RecordedSpan;
  readonly #second: RecordedSpan;

  constructor(first: RecordedSpan, second: RecordedSpan) {
    this.#first = first;
    this.#second = second;
  }

  get id(): string {
    return this.#first.id;
  }

  begin(name: string, options?: SpanOptions): RecordedSpan {
    return new BothSpans(this.#first.begin(name, options), this.#second.begin(name, options));
  }

  set(name: string, value: SpanValue): void {
    this.#first.set(name, value);
    this.#second.set(name, value);
  }

  link(trace: RequestTrace): void {
    this.#first.link(trace);
    this.#second.link(trace);
  }

  fail(code: string, error?: unknown): void {
    this.#first.fail(code, error);
    this.#second.fail(code, error);
  }

  end(): void {
    this.#first.end();
    this.#second.end();
  }
}

/** Of what records already, if anything does, and of `other`. */
export function withSpan(recorded: RecordedSpan | null, other: RecordedSpan): RecordedSpan {
  return recorded ? new BothSpans(recorded, other) : other;
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

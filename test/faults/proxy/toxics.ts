/** What a fault proxy can do to the bytes that pass through it. Types, and which of them act on one direction. */

/** `answer`: from the service to the client; `request`: the other way. */
export type Direction = 'request' | 'answer';

export type Toxic =
  /** Every byte arrives so much later, up to `jitterMs` more for each chunk; order is kept. */
  | {
      readonly kind: 'latency';
      readonly ms: number;
      readonly jitterMs?: number;
      readonly direction?: Direction;
    }
  | { readonly kind: 'bandwidth'; readonly bytesPerSecond: number; readonly direction?: Direction }
  /** Chunks of so many bytes with a gap after each. */
  | {
      readonly kind: 'slice';
      readonly bytes: number;
      readonly gapMs: number;
      readonly direction?: Direction;
    }
  /** Lets so many bytes pass on each connection, then resets it on both sides. */
  | { readonly kind: 'reset'; readonly afterBytes: number; readonly direction?: Direction }
  /** Lets so many bytes pass on each connection, then ends it in order, as if that were all. */
  | { readonly kind: 'truncate'; readonly afterBytes: number; readonly direction?: Direction }
  /**
   * Connections are accepted and nothing passes. Afterwards what was held passes, as after a network outage; with
   * `forgets` the connections of that time stay dead for ever without being closed, as behind a router that lost them.
   */
  | { readonly kind: 'blackhole'; readonly forgets?: boolean }
  /** Nobody listens, and the connections there were are reset: the process has died. */
  | { readonly kind: 'refuse' };

export interface Cut {
  readonly kind: 'reset' | 'truncate';
  readonly afterBytes: number;
}

/** What one direction of one connection suffers. */
export interface LaneToxics {
  readonly latencyMs: number;
  readonly jitterMs: number;
  /** Infinity: not slowed. */
  readonly bytesPerSecond: number;
  /** Infinity: not sliced. */
  readonly sliceBytes: number;
  readonly gapMs: number;
  readonly cut: Cut | undefined;
  readonly isHeld: boolean;
}

/** Each toxic acts on answers unless it says otherwise; of two of a kind the later one wins. */
export function laneToxics(toxics: readonly Toxic[], direction: Direction): LaneToxics {
  let lane: LaneToxics = {
    latencyMs: 0,
    jitterMs: 0,
    bytesPerSecond: Number.POSITIVE_INFINITY,
    sliceBytes: Number.POSITIVE_INFINITY,
    gapMs: 0,
    cut: undefined,
    isHeld: false,
  };
  for (const toxic of toxics) {
    if (toxic.kind === 'blackhole') lane = { ...lane, isHeld: true };
    else if (toxic.kind !== 'refuse' && (toxic.direction ?? 'answer') === direction)
      lane = { ...lane, ...laneChange(toxic) };
  }
  return lane;
}

function laneChange(toxic: Exclude<Toxic, { readonly kind: 'blackhole' | 'refuse' }>): Partial<LaneToxics> {
  switch (toxic.kind) {
    case 'latency':
      return { latencyMs: toxic.ms, jitterMs: toxic.jitterMs ?? 0 };
    case 'bandwidth':
      return { bytesPerSecond: toxic.bytesPerSecond };
    case 'slice':
      return { sliceBytes: toxic.bytes, gapMs: toxic.gapMs };
    case 'reset':
    case 'truncate':
      return { cut: toxic };
  }
}

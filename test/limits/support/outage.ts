/** A way to lose Redis, and what is left of its counters afterwards. */

export interface Outage {
  /** As in gateway.yaml. */
  readonly redis: object;
  /** @returns A key that is where the outage will be, like `name`. */
  keyLike(name: string): Promise<string>;
  /** Begins it and lets it last. Done when Redis can be used again. */
  happen(): Promise<void>;
  /** How often the limit can be used up in one window: 2 where the counters are lost. */
  readonly limitTimes: 1 | 2;
  /** What was counted just before may be forgotten: the replica had not received it. */
  readonly losesLatest: boolean;
  /** It lasts so long that every process counts by itself meanwhile. */
  readonly isNoticed: boolean;
}

const longMs = 10_000;
const shortMs = 2000;
/** TRIBUTARY_SOAK=1: outages are longer, and there are more of them. */
export const isSoak = process.env.TRIBUTARY_SOAK === '1';
/** Of an outage that does not end by itself. */
export const outageMs = isSoak ? longMs : shortMs;

/** 22 characters, as digests have. */
export function keyOf(name: string): string {
  return name.padEnd(22, 'A');
}

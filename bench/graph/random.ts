/** Numbers that look random and are the same in every run. */

export interface Random {
  /** From 0 up to, but not including, 1. */
  next(): number;
  /** A whole number from 0 up to, but not including, `below`. */
  below(below: number): number;
  /** True with this probability. */
  chance(share: number): boolean;
  /** @throws Where there is nothing to choose from. */
  pick<T>(from: readonly T[]): T;
  /** So many different ones, or all if there are fewer; in their order. */
  some<T>(from: readonly T[], count: number): T[];
}

/** Mulberry32. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  const some = <T>(from: readonly T[], count: number): T[] => {
    const left = from.map((_, index) => index);
    while (left.length > Math.max(0, count)) left.splice(below(left.length), 1);
    return left.flatMap((index) => from.slice(index, index + 1));
  };
  const pick = <T>(from: readonly T[]): T => {
    const [one] = from.slice(below(from.length));
    if (one === undefined) throw new Error('nothing to choose from');
    return one;
  };
  return { next, below, chance: (share) => next() < share, pick, some };
}

/** FNV-1a: a number that depends on nothing but the text. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** Ranks from 0, drawn by Zipf's law: the second is asked half as often as the first, the third a third as often. */
export function zipfSequence(count: number, { ranks, seed }: { ranks: number; seed: number }): number[] {
  const upTo: number[] = [];
  let sum = 0;
  for (let rank = 0; rank < ranks; rank += 1) upTo.push((sum += 1 / (rank + 1)));
  const random = randomOf(seed);
  return Array.from({ length: count }, () => {
    const at = random.next() * sum;
    return upTo.findIndex((limit) => at < limit);
  });
}

import { describe, expect, it } from 'vitest';

import { untilLastPart } from './last-part.ts';

async function* parts(...values: readonly string[]): AsyncGenerator<string> {
  for (const value of values) {
    if (value === 'failure') throw new Error('the part failed');
    yield await Promise.resolve(value);
  }
}

/** Counts how often what is held was released. */
function held(later: AsyncIterableIterator<string> | null) {
  let released = 0;
  const result = untilLastPart(
    () => (released += 1),
    () => Promise.resolve({ later }),
  );
  return { result, released: () => released };
}

describe('what is held for a request', () => {
  it('is released with an answer of one part', async () => {
    const { result, released } = held(null);
    expect(await result).toEqual({ later: null });
    expect(released()).toBe(1);
  });

  it('is released when the work fails', async () => {
    let released = 0;
    const failing = untilLastPart<{ later: null }>(
      () => (released += 1),
      () => Promise.reject(new Error('no answer')),
    );
    await expect(failing).rejects.toThrow('no answer');
    expect(released).toBe(1);
  });

  it('is held until the last part has been taken', async () => {
    const { result, released } = held(parts('a', 'b'));
    const { later } = await result;
    const seen: unknown[] = [];
    for await (const part of later ?? []) seen.push([part, released()]);
    expect(seen).toEqual([
      ['a', 0],
      ['b', 0],
    ]);
    expect(released()).toBe(1);
    expect(await later?.next()).toMatchObject({ done: true });
    expect(released()).toBe(1);
  });

  it.each([0, 1])('is released when the reader stops after %i parts', async (taken) => {
    const { result, released } = held(parts('a', 'b'));
    const { later } = await result;
    for (let i = 0; i < taken; i += 1) await later?.next();
    expect(released()).toBe(0);
    await later?.return?.();
    expect(released()).toBe(1);
    expect(await later?.next()).toMatchObject({ done: true });
    expect(released()).toBe(1);
  });

  it('is released when a part fails', async () => {
    const { result, released } = held(parts('a', 'failure'));
    const { later } = await result;
    await later?.next();
    await expect(later?.next()).rejects.toThrow('the part failed');
    expect(released()).toBe(1);
  });
});

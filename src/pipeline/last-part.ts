/** What is held for a request is held until the last part of its answer. */

interface InParts {
  readonly later: AsyncIterableIterator<unknown> | null;
}

/**
 * Does `work`, and calls `release` once: when it fails, with an answer of one part, or when the last part has been taken
 * or nobody takes any more.
 */
export async function untilLastPart<Result extends InParts>(
  release: () => void,
  work: () => Promise<Result>,
): Promise<Result> {
  let result: Result;
  try {
    result = await work();
  } catch (error) {
    release();
    throw error;
  }
  if (result.later === null) {
    release();
    return result;
  }
  return { ...result, later: releasedAtEnd(result.later, release) };
}

function releasedAtEnd<Part>(
  parts: AsyncIterableIterator<Part>,
  release: () => void,
): AsyncIterableIterator<Part> {
  let isHeld = true;
  const releaseOnce = (): void => {
    if (isHeld) release();
    isHeld = false;
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        const part = await parts.next();
        if (part.done) releaseOnce();
        return part;
      } catch (error) {
        releaseOnce();
        throw error;
      }
    },
    // Also before the first of them was asked for, which a generator would not notice.
    async return() {
      try {
        await parts.return?.();
      } finally {
        releaseOnce();
      }
      return { done: true, value: undefined };
    },
  };
}

/** Holds a resource of a request until the last part of its answer. */

interface MultipartResult {
  readonly later: AsyncIterableIterator<unknown> | null;
}

/**
 * Runs `work`, and calls `release` once: when it fails, when its answer has one part, or when the last part was read or
 * the reader has stopped.
 */
export async function untilLastPart<Result extends MultipartResult>(
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
    // Also called before the first `next`, which a generator would not notice.
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

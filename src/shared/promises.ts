/** Whether a value has to be awaited: a promise, or any other thenable, as some database drivers return. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/**
 * For functions of users that have to answer at once.
 *
 * @throws {TypeError} For a promise, which is not waited for.
 */
export function notPromised<Value>(value: Value): Value {
  if (!isPromise(value)) return value;
  // Nobody else looks at how it ends.
  value.then(undefined, () => {});
  throw new TypeError('it must return a value, not a promise');
}

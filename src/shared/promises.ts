/** Whether a value has to be awaited: a promise, or any other thenable, as some database drivers return. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

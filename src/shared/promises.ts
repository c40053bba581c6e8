/** Whether a value has to be awaited: a promise, or anything else with a `then`, as drivers of databases return it. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/**
 * What a request keeps of what it has read, such as its loaders: forgotten where a field of a mutation begins, because the
 * one before it may have changed anything.
 */

import type { Locals } from './operation-events.ts';

const loadedKey = Symbol('loaded values');

/** By who is told who asks (`forwardHeaders`), then by owner. */
export function loadedValues(locals: Locals): Map<unknown, unknown> {
  let values = locals.get(loadedKey) as Map<unknown, unknown> | undefined;
  if (!values) locals.set(loadedKey, (values = new Map()));
  return values;
}

export function forgetLoadedValues(locals: Locals): void {
  locals.delete(loadedKey);
}

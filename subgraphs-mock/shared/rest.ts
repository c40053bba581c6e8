/** Small pieces the two REST mocks share: answers as JSON, and reading a list of ids. */

import type { HttpAnswer } from './http-service.ts';

const idsMax = 100;

export const notFound = jsonAnswer(404, { error: 'not found' });
export const methodNotAllowed = jsonAnswer(405, { error: 'method not allowed' });

export function jsonAnswer(status: number, value: unknown): HttpAnswer {
  return { status, json: JSON.stringify(value) };
}

/** The ids of `a,b,c`, each once; empty ones are left out. */
export function idsOf(list: string | null): string[] {
  return [...new Set((list ?? '').split(',').filter((id) => id !== ''))];
}

/**
 * What was found of `ids`, last first: an honest "in any order", so that no client gets away with relying on one.
 */
export function listAnswer<T>(ids: readonly string[], find: (id: string) => T | undefined): HttpAnswer {
  if (ids.length > idsMax) return jsonAnswer(400, { error: `at most ${idsMax} ids, not ${ids.length}` });
  const found = ids.map(find).filter((one) => one !== undefined);
  return jsonAnswer(200, found.reverse());
}

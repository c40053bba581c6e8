/** Shared by the two REST mocks: JSON responses, and reading a list of ids. */

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

/** The existing ones of `ids`, in reverse order, so that a client that relies on an order fails. */
export function listAnswer<T>(ids: readonly string[], find: (id: string) => T | undefined): HttpAnswer {
  if (ids.length > idsMax) return jsonAnswer(400, { error: `at most ${idsMax} ids, not ${ids.length}` });
  const items = ids.map(find).filter((item) => item !== undefined);
  return jsonAnswer(200, items.reverse());
}

import { expect, it } from 'vitest';

import { requestContext } from '../../test/support/context.ts';
import type { Answer, AnswerError, Fallback } from '../pipeline/answer.ts';
import { Events } from '../shared/events.ts';
import { reportAnswer } from './report.ts';

const error: AnswerError = { message: 'no', code: 'SERVICE_ERROR', fromBackend: true };
const fallback: Fallback = { path: ['a'], service: 'books', source: 'declared' };

it.each<[string, Answer, unknown[]]>([
  ['nothing of a complete answer', { data: {}, errors: [] }, []],
  [
    'all errors of fields at once',
    { data: null, errors: [error, error] },
    [{ requestId: 'r1', errors: [error, error] }],
  ],
  [
    'errors before fallbacks',
    { data: {}, errors: [error], extensions: { fallbacks: [fallback] } },
    [
      { requestId: 'r1', errors: [error] },
      { requestId: 'r1', fallbacks: [fallback] },
    ],
  ],
])('reports %s', (_title, answer, expected) => {
  const events = new Events();
  const seen: unknown[] = [];
  events.on('fieldsFailed', (event) => seen.push(event));
  events.on('fallbacksServed', (event) => seen.push(event));
  const asked = { operation: { prepared: { plan: null } }, document: null };
  expect(reportAnswer(events, { context: requestContext({ requestId: 'r1' }), asked, answer })).toBe(answer);
  expect(seen).toEqual(expected);
});

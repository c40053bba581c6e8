/** For tests: reads one answer as a connection does, and says what came of it. */

import type { HttpHeaders } from '../../../src/sources/http/pooled-call.ts';
import { AnswerParser } from '../../../src/sources/http/http1/answer-parser.ts';
import { Http1Error } from '../../../src/sources/http/http1/http1-error.ts';

export interface ReadAnswer {
  status: number;
  headers: HttpHeaders;
  /** In Latin-1. */
  body: string;
  /** Of answers before the answer. */
  readonly hints: number[];
  /** Undefined: it did not end. */
  isReusable: boolean | undefined;
  error: unknown;
}

/**
 * The connection ends after the last piece.
 *
 * @param isWanted Asked at the head.
 */
export function readAnswer(
  pieces: readonly Buffer[],
  { isWanted = () => true }: { readonly isWanted?: () => boolean } = {},
): ReadAnswer {
  const answer: ReadAnswer = {
    status: 0,
    headers: {},
    body: '',
    hints: [],
    isReusable: undefined,
    error: undefined,
  };
  const parser = new AnswerParser({
    onHead(status, headers) {
      if (status < 200) answer.hints.push(status);
      else Object.assign(answer, { status, headers });
      return isWanted();
    },
    onBody(data) {
      answer.body += data.toString('latin1');
      return true;
    },
    onAnswered(isReusable) {
      answer.isReusable = isReusable;
    },
  });
  try {
    for (const piece of pieces) {
      // It is no part of the answer: a connection ends when it comes.
      if (answer.isReusable !== undefined) answer.isReusable &&= piece.length === 0;
      // The parser writes into what it reads.
      else if (piece.length > 0) parser.read(Buffer.from(piece));
      if (!isWanted()) return answer;
    }
    if (answer.isReusable === undefined) parser.end();
    if (answer.isReusable === undefined) throw new Http1Error('lost', 'the connection ended');
  } catch (error) {
    answer.error = error;
  }
  return answer;
}

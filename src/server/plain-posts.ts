/**
 * The fast path for most requests: a POST of JSON to the endpoint with a `content-length` within the limit. It bypasses
 * Fastify's router, which would be a tenth of the cost of a small operation. Every other request goes through the
 * router, which also refuses the invalid ones.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';

import type { ClientOfPath } from './endpoint.ts';
import { hasValidHost, refusalOfBody } from './http-rules.ts';
import { requestIdOf } from './request-context.ts';

export interface PlainPost {
  readonly requestId: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
}

export type AnswerPost = (post: PlainPost) => void;

export interface PlainPosts {
  accepts(request: IncomingMessage): boolean;
  /** Calls `answer` once the body is complete; never if the client disconnects before that. */
  read(request: IncomingMessage, response: ServerResponse, answer: AnswerPost): void;
}

export function plainPosts(clientOf: ClientOfPath, bodyBytesMax: number): PlainPosts {
  return {
    accepts(request) {
      const { method, url = '', headers } = request;
      return (
        method === 'POST' &&
        clientOf(url) !== undefined &&
        // Node's parser enforces the stated length; a body without one is chunked.
        headers['content-length'] !== undefined &&
        refusalOfBody(headers, bodyBytesMax) === undefined &&
        hasValidHost(request)
      );
    },
    read(request, response, answer) {
      let first: Buffer | undefined;
      let rest: Buffer[] | undefined;
      request.on('data', (chunk: Buffer) => {
        if (first === undefined) first = chunk;
        else (rest ??= [first]).push(chunk);
      });
      request.on('end', () => {
        const body = rest ? Buffer.concat(rest) : (first ?? Buffer.alloc(0));
        answer({ requestId: requestIdOf(request.headers), request, response, body });
      });
      // Emitted if the client disconnects within the body: no response is possible.
      request.on('error', ignore);
    },
  };
}

function ignore(): void {}

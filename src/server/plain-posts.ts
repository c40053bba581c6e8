/**
 * The way of most requests: a POST of JSON to the endpoint whose length is known and allowed. It goes past the router,
 * whose work would be a tenth of what a small operation costs. Whatever is unusual about a request goes through the
 * router, which has the words to refuse it.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
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
  takes(request: IncomingMessage): boolean;
  /** Calls `answer` once the whole body is there; never, where the client leaves before that. */
  read(request: IncomingMessage, response: ServerResponse, answer: AnswerPost): void;
}

export function plainPosts({
  path,
  bodyBytesMax,
}: Pick<GatewayConfig['server'], 'path' | 'bodyBytesMax'>): PlainPosts {
  return {
    takes(request) {
      const { method, url, headers } = request;
      return (
        method === 'POST' &&
        url === path &&
        // Without a length the body is chunked; the parser holds a body to the length it states.
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
      // Comes when the client leaves in the middle of the body: there is nobody to answer.
      request.on('error', ignore);
    },
  };
}

function ignore(): void {}

/** An HTTP server that computes each answer once and then sends it from a ready buffer. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Different questions of one run: each of 1,400 operations is some five, and gateways ask in different words. */
const answersMax = 60_000;
const questionBytesMax = 16 * 1024 * 1024;

export interface MemoServerOptions {
  /** Waits this long before each answer; 0 answers at once. */
  readonly delayMs: number;
  /** Two questions of one key have one answer. */
  keyOf(question: string): string;
  /** @param question The body of a POST, the URL of a GET. */
  answer(question: string): Promise<Buffer>;
  onCall(question: string): void;
}

export class MemoServer {
  readonly #options: MemoServerOptions;
  readonly #answers = new Map<string, Buffer>();

  constructor(options: MemoServerOptions) {
    this.#options = options;
  }

  /** @returns The port: any free one. */
  async listen(): Promise<number> {
    const server = createServer((request, response) => this.#receive(request, response));
    server.keepAliveTimeout = 600_000;
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return (server.address() as AddressInfo).port;
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    response.sendDate = false;
    if (request.method === 'GET') {
      this.#reply(request.url ?? '/', response);
      return;
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > questionBytesMax) request.destroy();
      else chunks.push(chunk);
    });
    request.on('end', () => {
      const only = chunks.length === 1 ? chunks[0] : undefined;
      this.#reply((only ?? Buffer.concat(chunks)).toString(), response);
    });
  }

  #reply(question: string, response: ServerResponse): void {
    this.#options.onCall(question);
    const key = this.#options.keyOf(question);
    const known = this.#answers.get(key);
    if (known) this.#send(known, response);
    else void this.#compute(key, question, response);
  }

  async #compute(key: string, question: string, response: ServerResponse): Promise<void> {
    try {
      const answer = await this.#options.answer(question);
      if (this.#answers.size < answersMax) this.#answers.set(key, answer);
      this.#send(answer, response);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      response.writeHead(500).end(JSON.stringify({ errors: [{ message }] }));
    }
  }

  #send(answer: Buffer, response: ServerResponse): void {
    const { delayMs } = this.#options;
    const send = (): void => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
      response.end(answer);
    };
    if (delayMs > 0) setTimeout(send, delayMs);
    else send();
  }
}

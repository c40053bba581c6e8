/** Asks a gateway once and compares: no number is worth anything when the answers differ. */

import { request } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { isDeepStrictEqual } from 'node:util';

import type { RunningGateway } from './gateways.ts';
import { sleep } from './processes.ts';
import type { Workload } from './workloads.ts';

const answerTimeoutMs = 120_000;
const retryAfterMs = 500;

/**
 * Asks again while the gateway says that it is too busy to plan: a large graph may still be loading in its workers.
 *
 * @returns The answer as it came, whitespace and all. @throws When it is an error or partial.
 */
export async function askOnce(gateway: RunningGateway, body: string): Promise<string> {
  const deadlineMs = performance.now() + answerTimeoutMs;
  let { status, text } = await postTo(gateway, body);
  while (status === 503 && performance.now() < deadlineMs) {
    await sleep(retryAfterMs);
    ({ status, text } = await postTo(gateway, body));
  }
  const answer = JSON.parse(text) as { readonly errors?: unknown; readonly data?: unknown };
  if (status !== 200 || answer.errors !== undefined || typeof answer.data !== 'object') {
    throw new Error(`${gateway.kind.name} answers with status ${status}: ${text.slice(0, 500)}`);
  }
  return text;
}

function postTo(gateway: RunningGateway, body: string): Promise<HttpAnswer> {
  return post(gateway, body).catch((error: unknown) => {
    throw new Error(`${gateway.kind.name}: ${String(error)}\n${gateway.process.errors()}`);
  });
}

interface HttpAnswer {
  readonly status: number | undefined;
  readonly text: string;
}

/** On a connection of its own: gateways close idle ones just when one would be used again. */
function post({ port, path }: RunningGateway, body: string): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method: 'POST',
        agent: false,
        timeout: answerTimeoutMs,
        headers: { 'content-type': 'application/json', accept: 'application/json' },
      },
      (response) => {
        textOf(response).then((text) => resolve({ status: response.statusCode, text }), reject);
      },
    );
    sent.on('error', reject);
    sent.on('timeout', () => sent.destroy(new Error(`no answer after ${answerTimeoutMs} ms`)));
    sent.end(body);
  });
}

/** @throws When the two answers do not hold the same. */
export function assertSame(workload: Workload, name: string, answer: string, expected: string): void {
  if (isDeepStrictEqual(JSON.parse(answer), JSON.parse(expected))) return;
  let at = 0;
  while (answer[at] === expected[at]) at += 1;
  const around = (text: string): string => text.slice(Math.max(0, at - 60), at + 60);
  throw new Error(
    `${workload.name}: ${name} answers differently near\n  ${around(answer)}\ninstead of\n  ${around(expected)}`,
  );
}

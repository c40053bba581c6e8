/** The schema of a running subgraph, by its field `_service`. */

import { isRecord } from '../../shared/records.ts';
import { errorText } from '../../shared/error-text.ts';
import { GatewayError } from '../../shared/errors.ts';
import { fileBytesMax } from './file-tree.ts';

const timeoutMs = 30_000;
const query = 'query SubgraphSchema { _service { sdl } }';

/** @throws {GatewayError} `CONFIG_INVALID`, with what the service answered. */
export async function introspectedSchema(name: string, url: string): Promise<string> {
  const failed = (reason: string): GatewayError =>
    new GatewayError('CONFIG_INVALID', `the schema of ${name} cannot be read from ${url}: ${reason}`);
  let answer: unknown;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ query }),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) throw new Error(`it answered with status ${response.status}`);
    answer = JSON.parse(await bounded(response));
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw failed(errorText(cause));
  }
  const data = isRecord(answer) ? answer['data'] : undefined;
  const service = isRecord(data) ? data['_service'] : undefined;
  const sdl = isRecord(service) ? service['sdl'] : undefined;
  if (typeof sdl === 'string' && sdl !== '') return sdl;
  throw failed(`it has no field "_service { sdl }": ${JSON.stringify(answer).slice(0, 500)}`);
}

async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > fileBytesMax) throw new Error(`it answered with more than ${fileBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

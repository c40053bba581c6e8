/** Downloads a text over http(s): no redirects, no compression, and only from addresses that are allowed. */

import { lookup } from 'node:dns';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

import { checkHost, checkedLookup, type AddressRules } from '../shared/addresses.ts';
import { utf8Text } from '../shared/utf8.ts';

export interface DownloadOptions {
  readonly timeoutMs: number;
  readonly bytesMax: number;
  readonly addresses: AddressRules;
  /** Of the last download. */
  readonly etag: string | null;
}

export interface Downloaded {
  readonly text: string;
  readonly etag: string | null;
}

/**
 * @returns undefined where the server answers 304 Not Modified.
 * @throws {Error} Says what is wrong; its message completes a sentence whose subject is the address.
 */
export async function download(address: string, options: DownloadOptions): Promise<Downloaded | undefined> {
  const { timeoutMs, bytesMax, addresses } = options;
  const url = new URL(address);
  checkHost(url.hostname, addresses);
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return await readResponse(await sendRequest(url, options, signal), bytesMax);
  } catch (error) {
    // Node's own error says only that it was aborted.
    throw signal.aborted ? signal.reason : error;
  }
}

async function readResponse(response: IncomingMessage, bytesMax: number): Promise<Downloaded | undefined> {
  const { statusCode: status = 0, headers } = response;
  if (status !== 200) response.destroy();
  if (status === 304) return undefined;
  if (status !== 200) throw new Error(`it answered with status ${status}`);
  return { text: await textOf(response, bytesMax), etag: headers.etag ?? null };
}

function sendRequest(
  url: URL,
  { addresses, etag }: DownloadOptions,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const headers = {
    'accept-encoding': 'identity',
    ...(etag === null ? {} : { 'if-none-match': etag }),
  };
  return new Promise((resolve, reject) => {
    request(url, {
      headers,
      signal,
      agent: false,
      lookup: checkedLookup((hostname, how, done) => lookup(hostname, how, done), addresses),
    })
      .on('response', resolve)
      .on('error', reject)
      .end();
  });
}

async function textOf(body: AsyncIterable<Uint8Array>, bytesMax: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Error(`it is larger than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return utf8Text(Buffer.concat(chunks));
}

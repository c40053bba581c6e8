/** Reads a text from an http(s) address: no redirects, no compression, and only from addresses that are allowed. */

import { lookup } from 'node:dns';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

import { checkHost, checkedLookup, type AddressRules } from '../shared/addresses.ts';
import { utf8Text } from '../shared/utf8.ts';

export interface DownloadOptions {
  readonly timeoutMs: number;
  readonly bytesMax: number;
  readonly addresses: AddressRules;
  /** Of what is already here. */
  readonly etag: string | null;
}

export interface Downloaded {
  readonly text: string;
  readonly etag: string | null;
}

/**
 * @returns undefined where the address says that nothing has changed.
 * @throws {Error} Saying what is wrong.
 */
export async function download(place: string, options: DownloadOptions): Promise<Downloaded | undefined> {
  const { timeoutMs, bytesMax, addresses, etag } = options;
  const url = new URL(place);
  checkHost(url.hostname, addresses);
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return await answerOf(await ask(url, addresses, etag, signal), bytesMax);
  } catch (error) {
    // Node says only that it was aborted.
    throw signal.aborted ? signal.reason : error;
  }
}

async function answerOf(response: IncomingMessage, bytesMax: number): Promise<Downloaded | undefined> {
  const { statusCode: status = 0, headers } = response;
  if (status !== 200) response.destroy();
  if (status === 304) return undefined;
  if (status !== 200) throw new Error(`it answered with status ${status}`);
  return { text: await textOf(response, bytesMax), etag: headers.etag ?? null };
}

function ask(
  url: URL,
  addresses: AddressRules,
  etag: string | null,
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

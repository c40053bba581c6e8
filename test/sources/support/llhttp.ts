/** For tests: what the parser of Node's own `http.request` reads from the same bytes. */

import { getBuiltinModule } from 'node:process';

export interface LlhttpAnswer {
  readonly status: number;
  /** Names in lower case; of names that are there several times all values. */
  readonly headers: ReadonlyMap<string, string | string[]>;
  /** In Latin-1. */
  readonly body: string;
}

interface Parser {
  [callback: number]: (...given: never[]) => unknown;
  initialize(type: number, resource: object): void;
  execute(bytes: Buffer): number | Error;
  finish(): number | Error | undefined;
}

interface ParserClass {
  new (): Parser;
  readonly RESPONSE: number;
  readonly kOnHeaders: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
}

const { HTTPParser } = getBuiltinModule('_http_common') as unknown as { readonly HTTPParser: ParserClass };

/** @returns The first answer that is no 1xx; undefined: there is none that is complete. */
export function readByLlhttp(pieces: readonly Buffer[]): LlhttpAnswer | undefined {
  let raw: string[] = [];
  let status = 0;
  let body = '';
  let headers = new Map<string, string | string[]>();
  let answer: LlhttpAnswer | undefined;
  const parser = new HTTPParser();
  parser.initialize(HTTPParser.RESPONSE, {});
  parser[HTTPParser.kOnHeaders] = (some: readonly string[]) => void raw.push(...some);
  parser[HTTPParser.kOnHeadersComplete] = (...given: readonly unknown[]) => {
    raw.push(...((given[2] as string[] | undefined) ?? []));
    status = given[5] as number;
    headers = headersOf(raw);
    raw = [];
    return status < 200 ? 1 : 0;
  };
  parser[HTTPParser.kOnBody] = (data: Buffer) => {
    body += data.toString('latin1');
  };
  parser[HTTPParser.kOnMessageComplete] = () => {
    if (status >= 200) answer ??= { status, headers, body };
    raw = [];
  };
  for (const piece of pieces) {
    if (answer) return answer;
    if (typeof parser.execute(Buffer.from(piece)) !== 'number') return answer;
  }
  if (!answer) parser.finish();
  return answer;
}

function headersOf(raw: readonly string[]): Map<string, string | string[]> {
  const headers = new Map<string, string | string[]>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] as string).toLowerCase();
    const value = raw[at + 1] as string;
    const known = headers.get(name);
    headers.set(name, known === undefined ? value : [known, value].flat());
  }
  return headers;
}

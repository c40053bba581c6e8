/** Status line and header lines of an answer, read strictly: what two programs could read in two ways is refused. */

import type { HttpHeaders } from '../pooled-call.ts';
import { notHttp } from './http1-error.ts';

const statusForm = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const nameForm = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const noValueCharacter = /[^\t\x20-\x7e\x80-\xff]/;
/** Headers that say where the body ends. */
const framingNames: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding']);
const lengthForm = /^\d{1,15}$/;

type MutableHeaders = Record<string, string | string[] | undefined>;

/** Inherits nothing, like an object without a prototype, but such an object is a hash table, and slower to fill. */
const Fields = function () {} as unknown as new () => MutableHeaders;
Fields.prototype = Object.freeze(Object.create(null) as object);

/** How the end of a body is known. */
export type Framing = 'none' | 'length' | 'chunked' | 'end';

export class AnswerHead {
  #isHttp10 = false;
  /** 0: the status line has not been read. */
  status = 0;
  /** Names in lower case; of names that are there several times all values. */
  readonly headers: HttpHeaders = new Fields();

  /** @throws {Http1Error} `not-http` */
  readLine(line: string): void {
    if (this.status === 0) this.#readStatus(line);
    else readField(line, this.headers as MutableHeaders);
  }

  #readStatus(line: string): void {
    const [matched, minor, status] = statusForm.exec(line) ?? [];
    if (matched === undefined) throw notHttp('a status line that is none');
    this.#isHttp10 = minor === '0';
    this.status = Number(status);
    // Nobody asked for another protocol.
    if (this.status === 101) throw notHttp('a change of protocols that nobody asked for');
  }

  /**
   * @returns How the body ends. Whatever the headers say, 1xx, 204 and 304 have none.
   * @throws {Http1Error} `not-http`: the headers contradict each other, or are not exact.
   */
  framing(): Framing {
    const coding = this.headers['transfer-encoding'];
    const length = this.headers['content-length'];
    if (coding !== undefined) {
      if (length !== undefined) throw notHttp('both a length and a transfer coding');
      if (this.#isHttp10 || typeof coding !== 'string' || coding.toLowerCase() !== 'chunked')
        throw notHttp('a transfer coding other than chunked');
    }
    if (length !== undefined && !(typeof length === 'string' && lengthForm.test(length)))
      throw notHttp('a content-length that is no single number');
    if (this.hasNoBody) return 'none';
    if (coding !== undefined) return 'chunked';
    return length === undefined ? 'end' : 'length';
  }

  get hasNoBody(): boolean {
    return this.status < 200 || this.status === 204 || this.status === 304;
  }

  /** Whether the connection can take another call after this answer, going by what the answer says. */
  get allowsReuse(): boolean {
    const { connection, 'content-length': length } = this.headers;
    // A body where none may be would be taken for the next answer.
    if (this.hasNoBody && (Number(length ?? 0) > 0 || this.headers['transfer-encoding'] !== undefined))
      return false;
    if (connection === undefined) return !this.#isHttp10;
    const options = String(connection)
      .split(',')
      .map((option) => option.trim().toLowerCase());
    return !options.includes('close') && (!this.#isHttp10 || options.includes('keep-alive'));
  }
}

/** @throws {Http1Error} `not-http`: it is none, or says anew how the body ends. */
export function checkTrailer(line: string): void {
  const name = line.slice(0, nameEnd(line)).toLowerCase();
  if (framingNames.has(name)) throw notHttp('a trailer that may not be one');
}

function readField(line: string, headers: MutableHeaders): void {
  const colon = nameEnd(line);
  const name = line.slice(0, colon).toLowerCase();
  // Some programs take a tab for a part of the value.
  if (framingNames.has(name) && line.includes('\t')) throw notHttp(`${name} with a tab`);
  const value = withoutSpaces(line, colon + 1);
  const known = headers[name];
  if (known === undefined) headers[name] = value;
  else if (typeof known === 'string') headers[name] = [known, value];
  else known.push(value);
}

/** @throws {Http1Error} `not-http`: it is no header line. */
function nameEnd(line: string): number {
  const colon = line.indexOf(':');
  if (colon < 0 || !nameForm.test(line.slice(0, colon)) || noValueCharacter.test(line))
    throw notHttp('a header line that is none');
  return colon;
}

/** Not by `trim`, which takes more than spaces and tabs, nor by an expression, which may try each of them anew. */
function withoutSpaces(line: string, from: number): string {
  let start = from;
  let end = line.length;
  while (start < end && isSpace(line.charCodeAt(start))) start += 1;
  while (end > start && isSpace(line.charCodeAt(end - 1))) end -= 1;
  return line.slice(start, end);
}

function isSpace(character: number): boolean {
  return character === 32 || character === 9;
}

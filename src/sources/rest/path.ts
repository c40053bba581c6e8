/**
 * Puts values into paths and queries of a REST service. A value stays one segment or one parameter whatever it holds:
 * ids come from clients, and `../admin` must not become another endpoint.
 */

import { badInput, unusable } from '../failures.ts';
import { own } from '../../shared/records.ts';

export type QueryValue = string | number | boolean | readonly string[];

/** `tag=a,b` or `tag=a&tag=b`. */
export type ListStyle = 'comma' | 'repeat';

export interface PathValues {
  /**
   * For each `:name` that begins a segment of the template, and each `:{name}` anywhere; other colons stand for
   * themselves. The value of `:name*` or `:{name*}` may span segments.
   */
  readonly params?: Readonly<Record<string, string>>;
  /** An empty list is left out. */
  readonly query?: Readonly<Record<string, QueryValue>>;
  /** How lists of `query` are sent. Default `comma`; no entry may then hold one. */
  readonly lists?: ListStyle;
}

/** Below the header limit of common servers, so that the refusal names the reason. */
const pathCharsMax = 8192;

const parameters = /(?<=\/):(?<name>[A-Za-z]+)(?<star>\*?)|:\{(?<name>\w+)(?<star>\*?)\}/g;

/**
 * @param template Such as `/users/:id` or `/users/:id:archive`; constant, never built from what a client sent.
 * @throws {GatewayError} `BAD_USER_INPUT` for a value that no encoding makes safe.
 */
export function restPath(service: string, template: string, values: PathValues): string {
  const { params = {}, query = {}, lists = 'comma' } = values;
  const path = placed(service, template, params);
  const pairs = Object.entries(query).flatMap((parameter) => parameterOf(service, parameter, lists));
  const whole = pairs.length > 0 ? `${path}?${pairs.join('&')}` : path;
  if (whole.length > pathCharsMax) throw badInput(service, `the request to ${service} would be too long`);
  return whole;
}

function placed(service: string, template: string, params: Readonly<Record<string, string>>): string {
  const names = new Set<string>();
  let [path, segment, end] = ['', '', 0];
  for (const { 0: whole, index, groups: { name = '', star } = {} } of template.matchAll(parameters)) {
    const value = own(params, name);
    if (value === undefined) throw new TypeError(`no value for :${name} in ${template}`);
    const literal = template.slice(end, index);
    // Two values side by side may be what neither of them is.
    segment = (literal.includes('/') ? '' : segment) + literal.slice(literal.lastIndexOf('/') + 1) + value;
    const spans = star === '*';
    if (value === '') throw unusable(service, name, 'it is empty');
    if (!isSendable(value)) throw unusable(service, name, unsendable);
    if (!staysInPlace(segment, spans)) throw unusable(service, name, spans ? leadsAwayFromFolder : leadsAway);
    path +=
      literal + (spans ? value.split('/').map(encodeURIComponent).join('/') : encodeURIComponent(value));
    end = index + whole.length;
    names.add(name);
  }
  const unused = Object.keys(params).find((name) => !names.has(name));
  if (unused !== undefined) {
    throw new TypeError(`${template} has no :${unused} that begins a segment, nor :{${unused}}`);
  }
  return path + template.slice(end);
}

/** A step to another place; some servers first take away what follows a semicolon. */
const dotSegment = /^\.{0,2}(;|$)/;

/**
 * Servers and proxies decode a path before they look at it, some of them twice, and then see slashes, backslashes and
 * dot segments that were encoded.
 */
function staysInPlace(segment: string, spans: boolean): boolean {
  return [segment, decodedOnceMore(segment)].every(
    (text) =>
      !text.includes('\\') &&
      (spans || !text.includes('/')) &&
      text.split('/').every((step) => !dotSegment.test(step)),
  );
}

function decodedOnceMore(value: string): string {
  return value.replace(/%(2e|2f|5c|3b)/gi, (code) => decodeURIComponent(code));
}

const unsendable = 'it has a line end, a NUL or half a surrogate pair';
const leadsAway = 'a slash, a backslash or a dot segment in it would lead to another path';
const leadsAwayFromFolder = 'a backslash, a dot segment or an empty one in it would lead to another path';

function parameterOf(
  service: string,
  [name, value]: readonly [name: string, value: QueryValue],
  lists: ListStyle,
): string[] {
  const items = isList(value) ? value : [String(value)];
  // Servers split after decoding: one id with a comma would be two.
  const isAmbiguous = isList(value) && lists === 'comma' && items.some((item) => item.includes(','));
  if (isAmbiguous) throw unusable(service, name, 'commas separate its entries, and one of them has a comma');
  if (!items.every(isSendable)) throw unusable(service, name, unsendable);
  if (items.length === 0) return [];
  const [key, texts] = [encodeURIComponent(name), items.map(encodeURIComponent)];
  return lists === 'comma' ? [`${key}=${texts.join(',')}`] : texts.map((text) => `${key}=${text}`);
}

// Line ends could start another header or request in a careless server, NUL ends strings in C.
const controlCharacters = ['\0', '\r', '\n'];

/** In a path or a query, once it is encoded. */
export function isSendable(value: string): boolean {
  return value.isWellFormed() && !controlCharacters.some((character) => value.includes(character));
}

function isList(value: QueryValue): value is readonly string[] {
  return Array.isArray(value);
}

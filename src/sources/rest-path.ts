/**
 * Puts values into paths and queries of a REST service. A value stays one segment or one parameter whatever it holds:
 * ids come from clients, and `../admin` must not become another endpoint.
 */

import { badInput, unusable } from './failures.ts';

export type QueryValue = string | number | boolean | readonly string[];

export interface PathValues {
  /** For each `:name` of the template; `:{name}` is the same where more letters follow. */
  readonly params?: Readonly<Record<string, string>>;
  /** A list is joined by commas; none of its entries may hold one. */
  readonly query?: Readonly<Record<string, QueryValue>>;
}

/** Below the header limit of common servers, so that the refusal names the reason. */
const pathCharsMax = 8192;

/**
 * @param template Such as `/users/:id`; constant, never built from what a client sent.
 * @throws {GatewayError} `BAD_USER_INPUT` for a value that no encoding makes safe.
 */
export function restPath(service: string, template: string, { params = {}, query = {} }: PathValues): string {
  const path = template.replace(
    /:([A-Za-z]+)|:\{(\w+)\}/g,
    (_whole, bare: string | undefined, braced = '') => {
      const name: string = bare ?? String(braced);
      const value = params[name];
      if (value === undefined) throw new TypeError(`no value for :${name} in ${template}`);
      // Even encoded, dots are resolved as steps by some servers, and an empty segment is the list above it.
      if (value === '' || value === '.' || value === '..') throw unusable(service, name);
      return encodedValue(service, name, value);
    },
  );
  const pairs = Object.entries(query).map(([name, value]) => {
    const items = isList(value) ? value : [String(value)];
    // Servers split after decoding: one id with a comma would be two.
    if (isList(value) && value.some((item) => item.includes(','))) throw unusable(service, name);
    return `${encodeURIComponent(name)}=${items.map((item) => encodedValue(service, name, item)).join(',')}`;
  });
  const whole = pairs.length > 0 ? `${path}?${pairs.join('&')}` : path;
  if (whole.length > pathCharsMax) throw badInput(service, `the request to ${service} would be too long`);
  return whole;
}

// Line ends could start another header or request in a careless server, NUL ends strings in C.
const controlCharacters = ['\0', '\r', '\n'];

export function hasControlCharacter(value: string): boolean {
  return controlCharacters.some((character) => value.includes(character));
}

function encodedValue(service: string, name: string, value: string): string {
  if (hasControlCharacter(value) || !value.isWellFormed()) throw unusable(service, name);
  return encodeURIComponent(value);
}

function isList(value: QueryValue): value is readonly string[] {
  return Array.isArray(value);
}

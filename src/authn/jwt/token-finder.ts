/** Finds the token of a request where the configuration says it may stand. */

import type { JwtConfig } from '../../config/gateway/auth-jwt.ts';
import { type IncomingRequest, isRepeated, refusal } from '../proof.ts';
import { own } from '../../shared/records.ts';

type Source = JwtConfig['sources'][number];
type Find = (http: IncomingRequest['http']) => string | undefined;

/** @throws {GatewayError} `UNAUTHENTICATED` where the place holds something else. */
export function tokenFinder(sources: readonly Source[]): Find {
  const finders = sources.map((source) =>
    'cookie' in source ? fromCookie(source.cookie) : fromHeader(source.header, source.scheme),
  );
  return (http) => {
    for (const find of finders) {
      const token = find(http);
      if (token !== undefined) return token;
    }
    return undefined;
  };
}

/** With a scheme another one means that this is no token of ours, such as `Basic` for somebody else. */
function fromHeader(name: string, scheme: string): Find {
  const start = scheme === '' ? '' : `${scheme.toLowerCase()} `;
  /** Where it begins: after the scheme and any number of spaces (RFC 9110, 11.4). */
  const tokenIn = (value: string): string => {
    let at = start.length;
    if (start !== '') while (value[at] === ' ') at += 1;
    return value.slice(at);
  };
  return (http) => {
    const value = own(http.headers, name);
    if (value === undefined) return undefined;
    // Whoever is in between may read the other one.
    if (typeof value !== 'string' || isRepeated(http, name))
      throw refusal('the header of the token is there more than once');
    if (value.slice(0, start.length).toLowerCase() === start) return tokenIn(value);
    // Another reader may take for a space what stands there instead, or find the end of the line.
    if (start !== '' && isScheme(scheme, value)) throw refusal('there is a scheme and no token');
    return undefined;
  };
}

/** Whether it begins with the scheme, and not with a longer word. */
function isScheme(scheme: string, value: string): boolean {
  return (
    value.slice(0, scheme.length).toLowerCase() === scheme.toLowerCase() &&
    !/^[\w!#$%&'*+.^`|~-]/.test(value.slice(scheme.length))
  );
}

function fromCookie(name: string): Find {
  const start = `${name}=`;
  return ({ headers: { cookie } }) => {
    if (cookie === undefined || !cookie.includes(start)) return undefined;
    const values = cookie.split(';').flatMap((pair) => {
      const text = pair.trim();
      return text.startsWith(start) ? [text.slice(start.length)] : [];
    });
    // A foreign subdomain can set a cookie of the same name.
    if (values.length > 1) throw refusal('the cookie of the token is there more than once');
    return values[0];
  };
}

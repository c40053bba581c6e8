/** Finds the access token of a request in the configured headers and cookies. */

import type { JwtConfig } from '../../config/gateway/auth-jwt.ts';
import { type IncomingRequest, isRepeated, invalidCredentials } from '../proof.ts';
import { own } from '../../shared/records.ts';

type Source = JwtConfig['sources'][number];
type Find = (http: IncomingRequest['http']) => string | undefined;

/** @throws {GatewayError} `UNAUTHENTICATED` if a header or cookie is ambiguous or malformed. */
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

/** A header with another scheme, such as `Basic`, holds no access token. */
function fromHeader(name: string, scheme: string): Find {
  const prefix = scheme === '' ? '' : `${scheme.toLowerCase()} `;
  /** The token begins after the scheme and any number of spaces (RFC 9110, 11.4). */
  const tokenIn = (value: string): string => {
    let index = prefix.length;
    if (prefix !== '') while (value[index] === ' ') index += 1;
    return value.slice(index);
  };
  return (http) => {
    const value = own(http.headers, name);
    if (value === undefined) return undefined;
    // A proxy in between may have read the other one.
    if (typeof value !== 'string' || isRepeated(http, name))
      throw invalidCredentials('the header of the token was sent more than once');
    if (value.slice(0, prefix.length).toLowerCase() === prefix) return tokenIn(value);
    // Another parser may accept a different separator, or see a line end.
    if (prefix !== '' && startsWithScheme(scheme, value))
      throw invalidCredentials('the scheme is not followed by a token');
    return undefined;
  };
}

/** Whether the value begins with the scheme, and not with a longer word. */
function startsWithScheme(scheme: string, value: string): boolean {
  return (
    value.slice(0, scheme.length).toLowerCase() === scheme.toLowerCase() &&
    !/^[\w!#$%&'*+.^`|~-]/.test(value.slice(scheme.length))
  );
}

function fromCookie(name: string): Find {
  const prefix = `${name}=`;
  return ({ headers: { cookie } }) => {
    if (cookie === undefined || !cookie.includes(prefix)) return undefined;
    const values = cookie.split(';').flatMap((pair) => {
      const text = pair.trim();
      return text.startsWith(prefix) ? [text.slice(prefix.length)] : [];
    });
    // Another subdomain can set a cookie of the same name.
    if (values.length > 1) throw invalidCredentials('the cookie of the token was sent more than once');
    return values[0];
  };
}

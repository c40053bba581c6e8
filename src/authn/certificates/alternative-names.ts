/**
 * Parses the subject alternative names of a certificate from Node's text: `URI:spiffe://a/b, DNS:c.example`. Names with
 * commas, quotes, control or non-ASCII characters, which Node quotes and escapes, are ignored, as are wildcard names.
 */

import type { NameKind } from '../../config/gateway/auth-certificates.ts';

export interface AlternativeName {
  readonly kind: NameKind;
  readonly value: string;
}

const kinds: ReadonlyMap<string, NameKind> = new Map([
  ['URI', 'uri'],
  ['DNS', 'dns'],
  ['email', 'email'],
]);

/** No spaces, quotes, commas, backslashes or wildcards. */
const plain = /^[!#$%&()+\-./0-9:;<=>?@A-Z[\]^_`a-z{|}~]+$/;

/** Longer names are ignored, because they could make matching slow. */
const nameLengthMax = 2048;

/** @param text `subjectAltName` of Node's X509Certificate. */
export function alternativeNames(text: string | undefined): AlternativeName[] {
  if (text === undefined) return [];
  return text.split(', ').flatMap((entry) => {
    const colon = entry.indexOf(':');
    const kind = kinds.get(entry.slice(0, colon));
    const value = entry.slice(colon + 1);
    if (kind === undefined || value.length > nameLengthMax || !plain.test(value)) return [];
    return [{ kind, value: canonical(kind, value) }];
  });
}

/** Host names are case-insensitive. */
function canonical(kind: NameKind, value: string): string {
  if (kind === 'dns') return value.toLowerCase();
  if (kind === 'uri') return value;
  const at = value.lastIndexOf('@');
  return value.slice(0, at + 1) + value.slice(at + 1).toLowerCase();
}

/** Makes a principal from verified claims. */

import type { ClaimNames } from '../../config/gateway/auth-jwt.ts';
import type { Principal } from '../../pipeline/principal.ts';
import { isRecord, own } from '../../shared/records.ts';

type Claims = Readonly<Record<string, unknown>>;

export interface ClaimsOptions {
  readonly names: ClaimNames;
  readonly issuer: string;
  readonly provenBy: 'jwt' | 'introspection';
}

export function principalOf(claims: Claims, { names, issuer, provenBy }: ClaimsOptions): Principal {
  const { exp } = claims;
  return {
    subject: textOf(claims, names.subject),
    client: textOf(claims, names.client),
    tier: textOf(claims, names.tier),
    roles: listOf(claims, names.roles),
    scopes: listOf(claims, names.scopes),
    claims,
    provenBy,
    issuer,
    validUntilMs: typeof exp === 'number' ? exp * 1000 : null,
  };
}

function textOf(claims: Claims, names: readonly string[]): string | null {
  const value = firstOf(claims, names);
  return typeof value === 'string' && value !== '' ? value : null;
}

/** An array of strings, or one string of entries separated by spaces. */
function listOf(claims: Claims, names: readonly string[]): readonly string[] {
  const value = firstOf(claims, names);
  if (typeof value === 'string') return value.split(' ').filter((entry) => entry !== '');
  if (!Array.isArray(value)) return [];
  return value.filter((entry): entry is string => typeof entry === 'string' && entry !== '');
}

function firstOf(claims: Claims, names: readonly string[]): unknown {
  for (const name of names) {
    const value = claimAt(claims, name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Claim names may be URLs, with dots in them: the whole name takes precedence over a path into an object. */
function claimAt(claims: Claims, name: string): unknown {
  const claim = own(claims, name);
  if (claim !== undefined) return claim;
  let value: unknown = claims;
  for (const segment of name.split('.')) {
    if (!isRecord(value)) return undefined;
    value = own(value, segment);
  }
  return value;
}

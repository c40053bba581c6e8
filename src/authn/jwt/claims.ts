/** A principal from claims that are verified. */

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

/** A list of texts, or one text with spaces between them. */
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

/** Names may be addresses, with dots in them: the whole name goes before a way into an object. */
function claimAt(claims: Claims, name: string): unknown {
  const whole = own(claims, name);
  if (whole !== undefined) return whole;
  let value: unknown = claims;
  for (const part of name.split('.')) {
    if (!isRecord(value)) return undefined;
    value = own(value, part);
  }
  return value;
}

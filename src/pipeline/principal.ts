/** Who a request is really from, once that is proven. */

export interface Principal {
  /** The user or service, unique within its issuer. Null: nobody is known. */
  readonly subject: string | null;
  /** The calling application where the proof names one. */
  readonly client: string | null;
  /** Of the client, for its limits. */
  readonly tier: string | null;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** Of the token or key; never logged as a whole. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** `none`: anonymous. */
  readonly provenBy: 'none' | 'jwt' | 'introspection' | 'api-key' | 'certificate' | 'trusted-proxy';
  /** Who vouches for it: the issuer of the token, the key store, the certificate authority. */
  readonly issuer: string | null;
  /** Until when the proof holds, in ms since 1970. Null: no end is stated. */
  readonly validUntilMs: number | null;
}

/** Nobody has shown who it is. */
export const anonymous: Principal = {
  subject: null,
  client: null,
  tier: null,
  roles: [],
  scopes: [],
  claims: {},
  provenBy: 'none',
  issuer: null,
  validUntilMs: null,
};

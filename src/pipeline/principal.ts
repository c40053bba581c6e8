/** The authenticated identity of a request. */

export interface Principal {
  /** The user or service, unique within its issuer. Null: unknown. */
  readonly subject: string | null;
  /** The calling application, if the credentials name one. */
  readonly client: string | null;
  /** The client's tier, which selects its limits. */
  readonly tier: string | null;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** Claims of the token or key; never logged as a whole. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** `none`: anonymous. */
  readonly provenBy: 'none' | 'jwt' | 'introspection' | 'api-key' | 'certificate' | 'trusted-proxy';
  /** Who attests the identity: the issuer of the token, the key store, the certificate authority. */
  readonly issuer: string | null;
  /** Expiry of the credentials, in ms since 1970. Null: none is stated. */
  readonly validUntilMs: number | null;
}

/** A request without credentials. */
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

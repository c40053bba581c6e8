/** Secrets of HMAC algorithms: whoever can guess one signs as the issuer. */

/** Of the hash, which is the least a key may have. @see https://www.rfc-editor.org/rfc/rfc7518#section-3.2 */
const hashBytes: ReadonlyMap<string, number> = new Map([
  ['HS256', 32],
  ['HS384', 48],
  ['HS512', 64],
]);

/**
 * @param keys JSON Web Keys, if they are some.
 * @param algorithms Those that the issuer may use.
 * @returns Which key is too short for one of the algorithms it may be used with; nothing of the key itself.
 */
export function shortSecret(keys: unknown, algorithms: readonly string[]): string | undefined {
  if (!Array.isArray(keys)) return undefined;
  for (const [i, key] of (keys as readonly unknown[]).entries()) {
    const { kty, k, alg } = (key ?? {}) as Readonly<Record<string, unknown>>;
    if (kty !== 'oct') continue;
    const length = typeof k === 'string' ? Buffer.from(k, 'base64url').length : 0;
    for (const algorithm of algorithms) {
      const least = alg === undefined || alg === algorithm ? hashBytes.get(algorithm) : undefined;
      if (least !== undefined && length < least)
        return `key ${i} has ${length} bytes: ${algorithm} needs at least ${least}, from a random source`;
    }
  }
  return undefined;
}

/** Checks the length of HMAC secrets: anyone who guesses one can sign as the issuer. */

/** The minimum key length is that of the hash. @see https://www.rfc-editor.org/rfc/rfc7518#section-3.2 */
const hashBytes: ReadonlyMap<string, number> = new Map([
  ['HS256', 32],
  ['HS384', 48],
  ['HS512', 64],
]);

/**
 * @param keys A list of JSON Web Keys, unchecked.
 * @param algorithms The algorithms of the issuer.
 * @returns Which key is too short for one of its algorithms, without quoting the key.
 */
export function shortSecret(keys: unknown, algorithms: readonly string[]): string | undefined {
  if (!Array.isArray(keys)) return undefined;
  for (const [i, key] of (keys as readonly unknown[]).entries()) {
    const { kty, k, alg } = (key ?? {}) as Readonly<Record<string, unknown>>;
    if (kty !== 'oct') continue;
    const length = typeof k === 'string' ? Buffer.from(k, 'base64url').length : 0;
    for (const algorithm of algorithms) {
      const bytesMin = alg === undefined || alg === algorithm ? hashBytes.get(algorithm) : undefined;
      if (bytesMin !== undefined && length < bytesMin)
        return `key ${i} has ${length} bytes: ${algorithm} needs at least ${bytesMin}, from a random source`;
    }
  }
  return undefined;
}

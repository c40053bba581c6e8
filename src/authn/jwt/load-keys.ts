/** Loads an issuer's keys: from the configuration, a file, a URL, or the URL found by OIDC discovery. */

import { readFile } from 'node:fs/promises';

import type { IssuerConfig } from '../../config/gateway/auth-jwt.ts';
import { shortSecret } from '../../config/gateway/hmac-secrets.ts';
import { GatewayError } from '../../shared/errors.ts';
import { isRecord } from '../../shared/records.ts';
import { fetchJson, type Fetch, type FetchLimits } from '../fetch-json.ts';
import { discover } from '../discovery.ts';
import { type KeySet, readKeySet } from './key-set.ts';

/** @throws {Error} With a reason for the log. */
export function keyLoader(config: IssuerConfig, fetch: Fetch, limits: FetchLimits): () => Promise<KeySet> {
  const { issuer, jwksUrl, jwksFile, keys, algorithms } = config;
  if (keys) {
    const set = readKeySet({ keys });
    return () => Promise.resolve(set);
  }
  if (jwksFile !== undefined) return () => fromFile(jwksFile, algorithms);
  return async () => {
    // ProviderMetadata each time: an identity provider may move its keys.
    const url = jwksUrl ?? (await discover(issuer, fetch, limits)).jwksUrl;
    if (url === undefined) throw new Error('the discovery document has no jwks_uri');
    return readKeySet(await fetchJson(fetch, url, { limits }));
  };
}

async function fromFile(path: string, algorithms: readonly string[]): Promise<KeySet> {
  const text = await readFile(path, 'utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may contain secret keys.
    throw new Error('the key file is not JSON');
  }
  const set = readKeySet(value);
  const mistake = isRecord(value) ? shortSecret(value.keys, algorithms) : undefined;
  if (mistake !== undefined) throw new Error(mistake);
  return set;
}

/**
 * An unusable file at the start is a configuration error; later the last good keys stay in use.
 *
 * @throws {GatewayError} `CONFIG_INVALID`
 */
export async function checkKeyFiles(issuers: readonly IssuerConfig[]): Promise<void> {
  for (const [i, { jwksFile, algorithms }] of issuers.entries()) {
    if (jwksFile === undefined) continue;
    try {
      await fromFile(jwksFile, algorithms);
    } catch (cause) {
      const expectation = `expected a key file, got ${JSON.stringify(jwksFile)}`;
      throw new GatewayError(
        'CONFIG_INVALID',
        `auth.jwt.issuers[${i}].jwksFile: ${expectation}, ${problemOf(cause)}`,
        {
          cause,
        },
      );
    }
  }
}

function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return 'which cannot be used';
  if (!('code' in error)) return `which cannot be used: ${error.message}`;
  return error.code === 'ENOENT' ? 'which does not exist' : `which cannot be read (${String(error.code)})`;
}

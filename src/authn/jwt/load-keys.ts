/** Where an issuer's keys come from: the configuration, a file, an address, or what OIDC discovery says. */

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
    // Asked each time: an identity provider may move its keys.
    const url = jwksUrl ?? (await discover(issuer, fetch, limits)).jwksUrl;
    if (url === undefined) throw new Error('the discovery document does not say where the keys are');
    return readKeySet(await fetchJson(fetch, url, {}, limits));
  };
}

async function fromFile(path: string, algorithms: readonly string[]): Promise<KeySet> {
  const text = await readFile(path, 'utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message shows some of the text, and keys may be secrets.
    throw new Error('the file of keys is not JSON');
  }
  const set = readKeySet(value);
  const mistake = isRecord(value) ? shortSecret(value.keys, algorithms) : undefined;
  if (mistake !== undefined) throw new Error(mistake);
  return set;
}

/**
 * At the start a file that cannot be used is a mistake; later the last good keys serve.
 *
 * @throws {GatewayError} `CONFIG_INVALID`
 */
export async function checkKeyFiles(issuers: readonly IssuerConfig[]): Promise<void> {
  for (const [i, { jwksFile, algorithms }] of issuers.entries()) {
    if (jwksFile === undefined) continue;
    try {
      await fromFile(jwksFile, algorithms);
    } catch (cause) {
      const got = `expected a file of keys, got ${JSON.stringify(jwksFile)}`;
      throw new GatewayError(
        'CONFIG_INVALID',
        `auth.jwt.issuers[${i}].jwksFile: ${got}, ${wrongWith(cause)}`,
        {
          cause,
        },
      );
    }
  }
}

function wrongWith(error: unknown): string {
  if (!(error instanceof Error)) return 'which cannot be used';
  if (!('code' in error)) return `which cannot be used: ${error.message}`;
  return error.code === 'ENOENT' ? 'which does not exist' : `which cannot be read (${String(error.code)})`;
}

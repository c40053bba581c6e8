/** Where an issuer's keys come from: the configuration, a file, an address, or what OIDC discovery says. */

import { readFile } from 'node:fs/promises';

import type { IssuerConfig } from '../../config/auth-jwt.ts';
import { fetchJson, type Fetch, type FetchLimits } from '../fetch-json.ts';
import { discover } from '../discovery.ts';
import { type KeySet, readKeySet } from './key-set.ts';

/** @throws {Error} With a reason for the log. */
export function keyLoader(config: IssuerConfig, fetch: Fetch, limits: FetchLimits): () => Promise<KeySet> {
  const { issuer, jwksUrl, jwksFile, keys } = config;
  if (keys) {
    const set = readKeySet({ keys });
    return () => Promise.resolve(set);
  }
  if (jwksFile !== undefined) return () => fromFile(jwksFile);
  return async () => {
    // Asked each time: an identity provider may move its keys.
    const url = jwksUrl ?? (await discover(issuer, fetch, limits)).jwksUrl;
    if (url === undefined) throw new Error('the discovery document does not say where the keys are');
    return readKeySet(await fetchJson(fetch, url, {}, limits));
  };
}

async function fromFile(path: string): Promise<KeySet> {
  return readKeySet(JSON.parse(await readFile(path, 'utf8')));
}

/** API keys for tests: made by the command's own code, shown as clients show them. */

import { randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import { crc32 } from 'node:zlib';

import { createApiKeys, type KeyLookup } from '../../src/authn/api-keys/api-keys.ts';
import type { KeyRepository } from '../../src/authn/api-keys/key-repository.ts';
import { KeyManager, type CreatedKey, type NewKey } from '../../src/authn/api-keys/manage.ts';
import type { Principal } from '../../src/pipeline/principal.ts';
import { isGatewayError } from '../../src/shared/errors.ts';

export interface Shown {
  readonly principal?: Principal;
  readonly code?: string;
  /** What the log gets. */
  readonly reason?: string;
}

/** Shows a key, or several headers as they come over the wire. */
export type Show = (key: string, rawHeaders?: readonly string[]) => Promise<Shown>;

export function shower(
  lookup: Pick<KeyLookup, 'find'>,
  wallClock: () => number = Date.now,
  onUsed: (id: string, nowMs: number) => void = () => {},
): Show {
  const prove = createApiKeys({ header: 'x-api-key', lookup, wallClock, onUsed });
  return async (key, rawHeaders = ['X-Api-Key', key]) => {
    try {
      const http = { headers: { 'x-api-key': key }, rawHeaders: [...rawHeaders], socket: new Socket() };
      const proof = await prove({ http, clientAddress: '127.0.0.1' });
      return proof ? { principal: proof.principal } : {};
    } catch (error) {
      if (!isGatewayError(error)) throw error;
      return { code: error.code, reason: error.cause instanceof Error ? error.cause.message : '' };
    }
  };
}

export interface Managed {
  readonly manager: KeyManager;
  create(wanted?: Partial<NewKey>): Promise<CreatedKey>;
}

export function managed(repository: KeyRepository, wallClock: () => number = Date.now): Managed {
  const manager = new KeyManager({ repository, wallClock, randomBytes });
  const usual = { client: 'web', tier: 'premium', scopes: ['read'], roles: [], expiresAtMs: null };
  return { manager, create: (wanted) => manager.create({ ...usual, ...wanted }) };
}

/** A key of that id with another secret, its checksum right: what an attacker can make who has seen an id. */
export function forgedKey(id: string, secret = 'x'.repeat(43)): string {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const body = `trib_${id}_${secret}`;
  let rest = crc32(body);
  let sum = '';
  for (let i = 0; i < 6; i += 1) {
    sum = digits.charAt(rest % 62) + sum;
    rest = Math.floor(rest / 62);
  }
  return body + sum;
}

/**
 * The key by which a policy counts a request: a digest of the values that the policy names. A value that a request does
 * not have is replaced by the network it comes from.
 */

import { hash } from 'node:crypto';

import { anonymousClient } from '../config/client/client-folders.ts';
import type { Client } from '../pipeline/client.ts';
import type { Principal } from '../pipeline/principal.ts';
import type { RequestHead } from '../pipeline/request.ts';
import { isRecord, own } from '../shared/records.ts';
import { keyValue } from './key-values.ts';

/** What is known of a request at a gate. */
export interface KeyInputs {
  readonly network: () => string;
  readonly headers: RequestHead['headers'];
  /** Header with the API key. Null: API keys are not configured. */
  readonly apiKeyHeader: string | null;
  /** Null before gate 2. */
  readonly caller: { readonly principal: Principal; readonly client: Client } | null;
  /** Null before gate 3. */
  readonly operationName: string | null;
  /** Values of the arguments of one field. Null: the policy names none. */
  readonly fieldArguments: ReadonlyMap<string, unknown> | null;
}

interface CallerKey {
  readonly client: Client;
  readonly key: string;
}

/** @returns The value of a part. Undefined: a request does not have it. */
type ReadPart = (inputs: KeyInputs) => unknown;

/** Works out the keys of one policy, 22 characters of base64url. Those that come again and again are kept. */
export class PolicyKeys {
  /** As the configuration names them. */
  readonly parts: readonly string[];
  readonly #read: readonly ReadPart[];
  readonly #hasOwner: boolean;
  /** It goes by the principal and its client alone. */
  readonly #isOfCaller: boolean;
  readonly #ofPrincipals = new WeakMap<Principal, CallerKey>();

  constructor(parts: readonly string[]) {
    this.parts = parts;
    this.#read = parts.map(readerOf);
    this.#hasOwner = parts.includes('client');
    this.#isOfCaller = parts.every((part) => part === 'client' || part === 'principal');
  }

  of(inputs: KeyInputs): string {
    const { caller } = inputs;
    if (!this.#isOfCaller || !caller || caller.principal.provenBy === 'none') return this.#keyOf(inputs);
    const { principal, client } = caller;
    const kept = this.#ofPrincipals.get(principal);
    if (kept?.client === client) return kept.key;
    const key = this.#keyOf(inputs);
    // A request without a client counts for the network that it comes from.
    if (!this.#hasOwner || clientOf(caller) !== null) this.#ofPrincipals.set(principal, { client, key });
    return key;
  }

  /** The short digest of the client that counters are of. Null: none. */
  ownerOf({ caller }: KeyInputs): string | null {
    const client = caller && this.#hasOwner ? clientOf(caller) : null;
    return client === null ? null : ownerOf(client);
  }

  #keyOf(inputs: KeyInputs): string {
    const [read] = this.#read;
    if (read && this.#read.length === 1) {
      const value = read(inputs);
      if (value === undefined) return networks.of(inputs.network());
      if (typeof value === 'string') return values.of(value);
    }
    const parts = this.#read.map((each) => textOf(each(inputs), inputs.network));
    return texts.of(`[${parts.join()}]`);
  }
}

/** JSON of one element or two, so that a value that a client chooses never equals a network. */
function textOf(value: unknown, network: () => string): string {
  return value === undefined ? `[${JSON.stringify(network())}]` : `[0,${JSON.stringify(value)}]`;
}

/** Digests of what comes again and again: making one takes longer than counting the request. */
class KeptDigests {
  /** In characters of base64url. */
  readonly #length: number;
  readonly #toText: (value: string) => string;
  readonly #digests = new Map<string, string>();

  constructor(length: number, toText: (value: string) => string) {
    this.#length = length;
    this.#toText = toText;
  }

  of(value: string): string {
    return this.#digests.get(value) ?? this.#make(value);
  }

  #make(value: string): string {
    const digest = hash('sha256', this.#toText(value), 'base64url').slice(0, this.#length);
    if (value.length > keptCharsMax) return digest;
    // All at once: keeping the order of their use would cost every request.
    if (this.#digests.size >= digestsMax) this.#digests.clear();
    this.#digests.set(value, digest);
    return digest;
  }
}

const digestsMax = 10_000;
const keptCharsMax = 256;
const keyLength = 22;
/** Keys of one part. */
const networks = new KeptDigests(keyLength, (network) => `[${textOf(undefined, () => network)}]`);
const values = new KeptDigests(keyLength, (value) => `[[0,${JSON.stringify(value)}]]`);
/** Keys of several parts. */
const texts = new KeptDigests(keyLength, (text) => text);
const owners = new KeptDigests(6, (client) => client);

/** The short digest by which the counters of a client are found; 6 characters of base64url. */
export function ownerOf(client: string): string {
  return owners.of(client);
}

/** The client for limits: only its credentials make it another one than the anonymous client. */
export function clientOf({ principal, client }: NonNullable<KeyInputs['caller']>): string | null {
  if (client.name === null) return principal.client;
  return client.isProven ? client.name : anonymousClient;
}

function readerOf(part: string): ReadPart {
  const [kind = '', ...path] = part.split('.');
  switch (kind) {
    case 'address':
      return ({ network }) => network();
    case 'apiKey':
      // The whole key, not its id: another's id is no secret, and would use up the limit of its owner.
      return ({ apiKeyHeader, headers }) => (apiKeyHeader === null ? undefined : own(headers, apiKeyHeader));
    case 'principal':
      return ({ caller }) => (caller ? principalValue(caller.principal) : undefined);
    case 'client':
      return ({ caller }) => (caller ? (clientOf(caller) ?? undefined) : undefined);
    case 'version':
      return ({ caller }) => caller?.client.version ?? undefined;
    case 'operation':
      return ({ operationName }) => operationName ?? undefined;
    case 'claim':
      return ({ caller }) => (caller ? at(caller.principal.claims, path) : undefined);
    case 'header': {
      const name = path.join('.');
      return ({ headers }) => own(headers, name);
    }
    case 'args': {
      const [, , argument = '', ...below] = path;
      return ({ fieldArguments }) => keyValue(at(fieldArguments?.get(argument), below));
    }
    default:
      return () => part;
  }
}

/** Undefined: anonymous. */
function principalValue({ provenBy, issuer, subject, client }: Principal): unknown {
  return provenBy === 'none' ? undefined : [issuer, subject === null ? ['client', client] : subject];
}

function at(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const name of path) current = isRecord(current) ? own(current, name) : undefined;
  return current ?? undefined;
}

/** The configured clients, by everything that they are recognized by. */

import { anonymousClient } from '../config/client/client-folders.ts';
import type { ClientConfig } from '../config/client/client-file.ts';
import type { Client, ClientLimits } from '../pipeline/client.ts';
import { GatewayError } from '../shared/errors.ts';

export interface ClientProfile {
  readonly name: string;
  /** Path, host and headers are enough to be this client. */
  readonly isPublic: boolean;
  /** Of its requests without a version, if credentials prove it. */
  readonly proven: Client;
  /** The same if only a path, host or header states it. */
  readonly stated: Client;
}

export class ClientDirectory {
  readonly #byName = new Map<string, ClientProfile>();
  readonly #byCredential = new Map<string, ClientProfile>();
  readonly #byHost = new Map<string, ClientProfile>();
  readonly #byHeader = new Map<string, ClientProfile>();
  readonly configs: readonly ClientConfig[];

  /** @throws {GatewayError} `CONFIG_INVALID` if two clients are recognized by the same, or the anonymous one is missing. */
  constructor(configs: readonly ClientConfig[], options: DirectoryOptions) {
    this.configs = configs;
    checkAnonymous(configs, options);
    const anonymous = configs.find(({ name }) => name === anonymousClient);
    for (const config of configs) this.#byName.set(config.name, profileOf(config, anonymous));
    for (const { name, identify } of configs) {
      const profile = this.#byName.get(name) as ClientProfile;
      add(this.#byCredential, [name, ...identify.credentials], { profile, option: 'credentials' });
      add(this.#byHost, identify.hosts, { profile, option: 'hosts' });
      add(this.#byHeader, [name, ...identify.names], { profile, option: 'names' });
    }
  }

  /** Of requests that no other client is recognized in. Undefined: they are refused. */
  get anonymous(): ClientProfile | undefined {
    return this.#byName.get(anonymousClient);
  }

  named(name: string): ClientProfile | undefined {
    return this.#byName.get(name);
  }

  /** @param name Of the principal's client. */
  byCredential(name: string): ClientProfile | undefined {
    return this.#byCredential.get(name);
  }

  /** @param header Value of the host header. */
  byHost(header: string | undefined): ClientProfile | undefined {
    if (header === undefined || this.#byHost.size === 0) return undefined;
    return this.#byHost.get(header.toLowerCase().replace(/:\d*$/, ''));
  }

  /** @param name As a header states it. */
  byHeader(name: string): ClientProfile | undefined {
    return this.#byHeader.get(name);
  }
}

export interface DirectoryOptions {
  /** What is done with requests that no client is recognized in. */
  readonly anonymous: 'contract' | 'refuse';
}

function checkAnonymous(configs: readonly ClientConfig[], { anonymous }: DirectoryOptions): void {
  const isConfigured = configs.some(({ name }) => name === anonymousClient);
  if (isConfigured && anonymous === 'refuse')
    throw new GatewayError(
      'CONFIG_INVALID',
      `client ${anonymousClient}: remove its folder, because clients.anonymous is "refuse"`,
    );
  if (!isConfigured && anonymous === 'contract')
    throw new GatewayError(
      'CONFIG_INVALID',
      `client ${anonymousClient}: add a folder with a client.yaml for it, or set clients.anonymous to "refuse"`,
    );
}

function profileOf(config: ClientConfig, anonymous: ClientConfig | undefined): ClientProfile {
  const { name, identify, tier, contract } = config;
  const own = limitsOf(config);
  const client = { name, version: null, tier, contract };
  const ofAnybody = anonymous && anonymous !== config ? [limitsOf(anonymous)] : [];
  return {
    name,
    isPublic: identify.public || name === anonymousClient,
    proven: { ...client, isProven: true, limits: [own] },
    stated: { ...client, isProven: false, limits: [own, ...ofAnybody] },
  };
}

function limitsOf({ tier, limits }: ClientConfig): ClientLimits {
  const { policies, inFlightMax = null, costMax = null } = limits;
  return { tier, policies, inFlightMax, costMax };
}

interface Recognition {
  readonly profile: ClientProfile;
  readonly option: string;
}

function add(
  profiles: Map<string, ClientProfile>,
  values: readonly string[],
  { profile, option }: Recognition,
): void {
  for (const value of values) {
    const other = profiles.get(value);
    if (other && other !== profile) {
      const clients = `clients ${other.name} and ${profile.name}`;
      throw new GatewayError(
        'CONFIG_INVALID',
        `${clients}: both are recognized by "${value}" in identify.${option}`,
      );
    }
    profiles.set(value, profile);
  }
}

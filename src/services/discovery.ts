/**
 * Replicas behind one DNS name, asked for again when its records expire. Kubernetes headless services are no more than
 * that. While DNS fails the addresses of before stay: they are more likely right than none at all.
 *
 * Pure but for `systemDns`: resolver, timer and chance are passed in.
 */

import { Resolver } from 'node:dns/promises';

import type { DnsOptions } from '../config/gateway/transport.ts';
import { fixedEndpoints, type Endpoint, type EndpointSource } from '../resilience/endpoints.ts';
import { type AddressRules, checkAddress } from '../shared/addresses.ts';
import { discoveryKind, nameInUrl, plainUrl } from '../shared/service-url.ts';

export interface FoundAddress {
  readonly address: string;
  /** Seconds. */
  readonly ttl: number;
}

export interface FoundService {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
}

/** Both reject where there is no such record. */
export interface DnsResolver {
  /** A and AAAA records. */
  addresses(name: string): Promise<readonly FoundAddress[]>;
  /** SRV records. */
  services(name: string): Promise<readonly FoundService[]>;
  /** Ends what is under way. */
  close(): void;
}

export interface DiscoveryParts {
  readonly options: DnsOptions;
  readonly rules: AddressRules;
  /** Whether an address that DNS led to may be called, as `transport.allowedOrigins` says. */
  readonly isAllowed: (url: string) => boolean;
  readonly dns: () => DnsResolver;
  readonly random: () => number;
  /** @returns Stops it. */
  readonly schedule: (run: () => void, afterMs: number) => () => void;
  /** Once for all failures in a row. */
  readonly onFailed: (url: string, error: unknown) => void;
}

/** An address as graph.yaml has it. */
export interface Replica {
  readonly url: string;
  readonly zone?: string | undefined;
}

/** Offers what every entry leads to, in their order. */
export function endpointsOf(replicas: readonly Replica[], parts: DiscoveryParts): EndpointSource {
  const [only, ...others] = replicas.map((replica) =>
    discoveryKind(replica.url) === 'fixed' ? fixedEndpoints([replica]) : new Discovery(replica, parts),
  );
  if (!only) return fixedEndpoints([]);
  return others.length === 0 ? only : joined([only, ...others]);
}

export function systemDns({ servers, timeoutMs }: DnsOptions): DnsResolver {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 2 });
  if (servers.length > 0) resolver.setServers(servers);
  return {
    async addresses(name) {
      const [four, six] = await Promise.allSettled([
        resolver.resolve4(name, { ttl: true }),
        resolver.resolve6(name, { ttl: true }),
      ]);
      const found = [four, six].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
      if (found.length === 0 && four.status === 'rejected') throw four.reason;
      return found;
    },
    services: (name) => resolver.resolveSrv(name),
    close: () => resolver.cancel(),
  };
}

interface Found extends FoundAddress {
  /** Undefined: that of the url. */
  readonly port: number | undefined;
}

class Discovery implements EndpointSource {
  /** Settles with the first answer, also a failed one. */
  readonly ready: Promise<void>;
  endpoints: readonly Endpoint[] = [];
  readonly #replica: Replica;
  readonly #parts: DiscoveryParts;
  readonly #dns: DnsResolver;
  readonly #listeners = new Set<(endpoints: readonly Endpoint[]) => void>();
  #failures = 0;
  #closed = false;
  #cancel: () => void = () => undefined;

  constructor(replica: Replica, parts: DiscoveryParts) {
    this.#replica = replica;
    this.#parts = parts;
    this.#dns = parts.dns();
    this.ready = this.#look();
  }

  onChange(listener: (endpoints: readonly Endpoint[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
    this.#dns.close();
  }

  async #look(): Promise<void> {
    const { ttlMinMs, ttlMaxMs } = this.#parts.options;
    let afterMs = ttlMinMs;
    try {
      const found = await this.#find();
      if (this.#closed) return;
      this.#take(found);
      this.#failures = 0;
      afterMs = Math.min(...found.map(({ ttl }) => ttl * 1000));
    } catch (error) {
      if (this.#closed) return;
      if (this.#failures === 0) this.#parts.onFailed(this.#replica.url, error);
      afterMs = Math.min(ttlMinMs * 2 ** Math.min(this.#failures, 20), failedWaitMaxMs);
      this.#failures += 1;
    }
    const waitMs = Math.min(Math.max(afterMs, ttlMinMs), ttlMaxMs);
    // Later, never sooner: the records hold at least so long.
    const jitterMs = waitMs * 0.1 * this.#parts.random();
    this.#cancel = this.#parts.schedule(() => void this.#look(), waitMs + jitterMs);
  }

  async #find(): Promise<readonly Found[]> {
    const { url } = this.#replica;
    const host = nameInUrl(url);
    const kind = discoveryKind(url);
    const named = kind === 'addresses' ? [] : await this.#services(host, kind === 'services');
    const hosts = named.length > 0 ? named : [{ name: host, port: undefined }];
    const answers = await Promise.allSettled(
      hosts.map(async ({ name, port }) =>
        (await this.#dns.addresses(name)).map((found) => ({ ...found, port })),
      ),
    );
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (found.length === 0) {
      const failed = answers.find((answer) => answer.status === 'rejected');
      throw failed?.reason ?? new Error(`${host} has no addresses`);
    }
    // One bad address makes the name bad, as it does where connections resolve names themselves.
    for (const { address } of found) checkAddress(address, this.#parts.rules);
    return found;
  }

  /** Those of the best priority. The choice among replicas goes by their load, so weights say nothing. */
  async #services(host: string, needed: boolean): Promise<readonly FoundService[]> {
    let all: readonly FoundService[];
    try {
      all = await this.#dns.services(host);
    } catch (error) {
      // Whoever is asked too much answers nothing at all; that is no word on whether there are such records.
      if (needed || !isWithoutRecords(error)) throw error;
      return [];
    }
    const best = Math.min(...all.map(({ priority }) => priority));
    return all.filter(({ priority }) => priority === best).slice(0, this.#parts.options.addressesMax);
  }

  #take(found: readonly Found[]): void {
    const known = new Map(this.endpoints.map((endpoint) => [endpoint.id, endpoint]));
    const next = new Map<string, Endpoint>();
    for (const one of found) {
      const endpoint = this.#endpointOf(one);
      if (this.#parts.isAllowed(endpoint.url)) next.set(endpoint.id, known.get(endpoint.id) ?? endpoint);
    }
    if (next.size === 0) throw new Error('every address is outside "transport.allowedOrigins"');
    // Where there are too many, those in use stay.
    const kept = [...next.values()]
      .sort((one, other) => Number(known.has(other.id)) - Number(known.has(one.id)))
      .slice(0, this.#parts.options.addressesMax);
    if (kept.length === known.size && kept.every(({ id }) => known.has(id))) return;
    this.endpoints = kept;
    for (const listener of this.#listeners) listener(kept);
  }

  #endpointOf({ address, port }: Found): Endpoint {
    const { url: given, zone } = this.#replica;
    const url = plainUrl(given, port);
    return { id: `${url} ${address}`, url, address, ...(zone === undefined ? {} : { zone }) };
  }
}

/** However long records may be kept, a name that failed is asked for sooner. */
const failedWaitMaxMs = 30_000;

function isWithoutRecords(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENODATA' || code === 'ENOTFOUND';
}

function joined(sources: readonly EndpointSource[]): EndpointSource {
  const all = (): Endpoint[] => sources.flatMap(({ endpoints }) => endpoints);
  return {
    ready: Promise.all(sources.flatMap(({ ready }) => (ready ? [ready] : []))).then(() => undefined),
    get endpoints() {
      return all();
    },
    onChange(listener) {
      const stops = sources.map((source) => source.onChange(() => listener(all())));
      return () => {
        for (const stop of stops) stop();
      };
    },
    close() {
      for (const source of sources) source.close();
    },
  };
}

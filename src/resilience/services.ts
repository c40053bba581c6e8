/**
 * Every service the gateway talks to, kept while a graph uses it. A graph that takes over from another finds the
 * services both have as they were left.
 */

import type { EndpointSource } from './endpoints.ts';
import { Service, type ServiceOptions, type ServiceParts } from './service.ts';

interface Held {
  readonly service: Service;
  holders: number;
}

/** A service in use by one graph. */
export interface Lease {
  readonly service: Service;
  /** The last holder's release forgets the service. */
  release(): void;
}

export class Services {
  readonly #held = new Map<string, Held>();
  readonly #parts: Omit<ServiceParts, 'name'>;

  constructor(parts: Omit<ServiceParts, 'name'>) {
    this.#parts = parts;
  }

  /**
   * @param identity What makes it the same service for another graph, such as its kind, name and addresses.
   * @param endpoints Where it is found from now on; closed with the service or when others follow.
   */
  use(
    identity: string,
    name: string,
    { options, endpoints }: { readonly options: ServiceOptions; readonly endpoints: EndpointSource },
  ): Lease {
    const key = `${identity}\n${JSON.stringify(options)}`;
    let held = this.#held.get(key);
    if (!held) {
      held = { service: new Service(options, { ...this.#parts, name }), holders: 0 };
      this.#held.set(key, held);
    }
    held.holders += 1;
    held.service.replicas.follow(endpoints);
    return { service: held.service, release: this.#releaseOf(key, held) };
  }

  #releaseOf(key: string, held: Held): () => void {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      held.holders -= 1;
      if (held.holders > 0) return;
      held.service.close();
      this.#held.delete(key);
    };
  }
}

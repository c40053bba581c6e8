/** The pool and the path behind each replica's address: looked up once a replica, not once a call. */

import type { CallContext } from '../resilience/call.ts';
import type { Endpoint } from '../resilience/endpoints.ts';
import type { HttpOrigin, HttpTransport } from './http-transport.ts';

export interface HttpPlace {
  readonly origin: HttpOrigin;
  /** Path and query of the address. */
  readonly path: string;
}

export function httpPlaces(transport: HttpTransport): (call: CallContext) => HttpPlace {
  const known = new WeakMap<Endpoint, HttpPlace>();
  return ({ endpoint }) => {
    if (!endpoint) throw new TypeError('a call came to its transport without a replica');
    let place = known.get(endpoint);
    if (!place) {
      const { pathname, search } = new URL(endpoint.url);
      place = { origin: transport.origin(endpoint.url), path: pathname + search };
      known.set(endpoint, place);
    }
    return place;
  };
}

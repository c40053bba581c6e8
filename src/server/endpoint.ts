/** The paths of the GraphQL endpoint: its own for all clients, and one below it for each client. */

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';

/** @returns The client that the path names; null for the path of all clients; undefined for another path. */
export type ClientOfPath = (path: string) => string | null | undefined;

const clientName = /^[a-z][a-z0-9-]*$/;

export function clientOfPath({ server, clients }: Pick<GatewayConfig, 'server' | 'clients'>): ClientOfPath {
  const { path } = server;
  if (!clients) return (requested) => (requested === path ? null : undefined);
  const prefix = pathBelow(path, '');
  return (requested) => {
    if (requested === path) return null;
    if (!requested.startsWith(prefix)) return undefined;
    const name = requested.slice(prefix.length);
    return clientName.test(name) ? name : undefined;
  };
}

/** A path below the endpoint, which may be at `/`. */
export function pathBelow(path: string, name: string): string {
  return path.endsWith('/') ? `${path}${name}` : `${path}/${name}`;
}

/** Without its query. */
export function pathOf({ url = '' }: { readonly url?: string | undefined }): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

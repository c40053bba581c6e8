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

/** @returns The client whose schema has this path; undefined: it is the path of none. */
export function clientOfSchemaPath(path: string, clientOf: ClientOfPath): string | undefined {
  const end = `/${schemaFile}`;
  return path.endsWith(end) ? (clientOf(path.slice(0, -end.length)) ?? undefined) : undefined;
}

export const schemaFile = 'schema.graphql';

/** Without its query, and without the origin that a target in absolute form has before it. */
export function pathOf({ url = '' }: RequestTarget): string {
  const path = url.startsWith('/') ? url : url.replace(origin, '');
  const end = path.indexOf('?');
  return end === -1 ? path : path.slice(0, end);
}

/** @returns The host and port of a target in absolute form; undefined: it is in another form. */
export function authorityOf({ url = '' }: RequestTarget): string | undefined {
  return url.startsWith('/') ? undefined : origin.exec(url)?.[1];
}

interface RequestTarget {
  readonly url?: string | undefined;
}

/** @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2 */
const origin = /^https?:\/\/([^/?#]*)/i;

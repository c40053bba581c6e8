/** Names the route of a request for events: its path without what varies, so that there are few of them. */

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { clientOfPath, clientOfSchemaPath, pathBelow, pathOf, schemaFile } from './endpoint.ts';

export interface Route {
  readonly method: string;
  /** `other`: none of ours. */
  readonly route: string;
}

interface Target {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
}

const other = 'other';
const methods: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'CONNECT',
]);
const fixedPaths: ReadonlySet<string> = new Set(['/health/live', '/health/ready', '/.well-known/jwks.json']);

export function routesOf(config: Pick<GatewayConfig, 'server' | 'clients'>): (target: Target) => Route {
  const { path } = config.server;
  const clientOf = clientOfPath(config);
  const ofClient = pathBelow(path, ':client');
  const ofSchema = pathBelow(path, `:client/${schemaFile}`);
  const graphiqlFolder = pathBelow(path, 'graphiql/');

  function routeOf(requested: string): string {
    const client = clientOf(requested);
    if (client !== undefined) return client === null ? path : ofClient;
    if (fixedPaths.has(requested)) return requested;
    if (requested.startsWith(graphiqlFolder)) return `${graphiqlFolder}*`;
    return clientOfSchemaPath(requested, clientOf) === undefined ? other : ofSchema;
  }

  return (target) => {
    const { method = other } = target;
    return { method: methods.has(method) ? method : other, route: routeOf(pathOf(target)) };
  };
}

/** Of what is no request that could be read. */
export const unreadable: Route = { method: other, route: other };

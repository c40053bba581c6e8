/** Makes the front that the configuration asks for. */

import type { ApolloServerPlugin } from '@apollo/server';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { loadUserModule } from '../config/user-module.ts';
import type { Gateway } from '../gateway.ts';
import { GatewayError } from '../shared/errors.ts';
import { directFront } from './direct-front.ts';
import type { Respond } from './front.ts';

export interface Front {
  readonly respond: Respond;
  close(): Promise<void>;
}

/** @throws {GatewayError} `CONFIG_INVALID` naming the plugin that cannot be used. */
export async function createFront(gateway: Gateway, config: GatewayConfig): Promise<Front> {
  if (config.front === 'direct') {
    return { respond: directFront(gateway, config), close: () => Promise.resolve() };
  }
  // Only here: the direct front does without Apollo Server and the time it takes to load.
  const { createApolloFront } = await import('./apollo-front.ts');
  return createApolloFront(gateway, config, await Promise.all(config.apollo.plugins.map(loadPlugin)));
}

async function loadPlugin(path: string): Promise<ApolloServerPlugin> {
  const { plugin: exported } = await loadUserModule(path).catch((error: Error) => {
    throw new GatewayError('CONFIG_INVALID', `Apollo Server plugin ${path} ${error.message}`, {
      cause: error.cause,
    });
  });
  const plugin: unknown = typeof exported === 'function' ? exported() : exported;
  if (typeof plugin === 'object' && plugin !== null) return plugin as ApolloServerPlugin;
  throw new GatewayError(
    'CONFIG_INVALID',
    `${path} must export "plugin": an Apollo Server plugin or a function that makes one`,
  );
}

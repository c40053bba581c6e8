/** Opens the front that `front` configures: direct, or through Apollo Server. */

import type { ApolloServerPlugin } from '@apollo/server';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { loadUserModule } from '../config/user-module.ts';
import { GatewayError } from '../shared/errors.ts';
import type { AnswerLabels } from './answer-headers.ts';
import type { ApolloGateway } from './apollo-respond.ts';
import { directRespond, type Respond } from './respond.ts';

export interface OpenRespond {
  readonly respond: Respond;
  close(): Promise<void>;
}

/** @throws {GatewayError} `CONFIG_INVALID` naming the plugin that cannot be used. */
export async function openRespond(
  gateway: ApolloGateway,
  labels: AnswerLabels,
  config: GatewayConfig,
): Promise<OpenRespond> {
  if (config.front === 'direct') {
    return { respond: directRespond(gateway.operate, labels, config), close: () => Promise.resolve() };
  }
  // Imported on demand: the direct front does not need Apollo Server, which is slow to load.
  const { openApolloRespond } = await import('./apollo-respond.ts');
  const plugins = await Promise.all(config.apollo.plugins.map(loadPlugin));
  return openApolloRespond(gateway, { labels, config, plugins });
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

/**
 * The lifecycle of a supergraph in a planner worker: ApolloGateway checks and loads it. Its executor is never used; the
 * gateway's own planner loads the same supergraph.
 */

import {
  ApolloGateway,
  type SubgraphHealthCheckFunction,
  type SupergraphSdlUpdateFunction,
} from '@apollo/gateway';
import { parse, print } from 'graphql';

import { errorText } from '../../shared/error-text.ts';
import { GatewayError, isGatewayError } from '../../shared/errors.ts';
import { definingOneOf } from '../composition/built-ins.ts';
import { assertServable, withoutCosts, withoutPurposes } from './features.ts';
import { plannable } from './executable-directives.ts';
import { loadSupergraph, type GraphOptions, type LoadedSupergraph } from './supergraph.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export class SupergraphLifecycle {
  #update: SupergraphSdlUpdateFunction | undefined;
  #gateway: ApolloGateway | undefined;

  /**
   * Loads the first supergraph, or replaces it.
   *
   * @param allowUnenforced Directives that the configuration accepts although the gateway does not enforce them.
   * @throws {GatewayError} `SUPERGRAPH_INVALID` or `CONFIG_INVALID`; the previous supergraph stays in place.
   */
  async load(
    supergraphSdl: string,
    allowUnenforced: readonly string[],
    options: GraphOptions = {},
  ): Promise<LoadedSupergraph> {
    try {
      const document = parse(supergraphSdl);
      assertServable(document, allowUnenforced);
      const loaded = loadSupergraph(supergraphSdl, options);
      const gatewayDocument = withoutPurposes(withoutCosts(plannable(definingOneOf(document))));
      const gatewaySdl = gatewayDocument === document ? supergraphSdl : print(gatewayDocument);
      if (this.#update) this.#update(gatewaySdl);
      else await this.#start(gatewaySdl);
      return loaded;
    } catch (error) {
      if (isGatewayError(error)) throw error;
      throw new GatewayError('SUPERGRAPH_INVALID', errorText(error), {
        cause: error,
      });
    }
  }

  async #start(supergraphSdl: string): Promise<void> {
    let updater: SupergraphSdlUpdateFunction | undefined;
    const gateway = new ApolloGateway({
      logger: silent,
      // Never called: this gateway executes operations itself.
      buildService: () => ({ process: () => Promise.reject(new Error('Execution does not happen here')) }),
      supergraphSdl: {
        initialize: ({
          update,
        }: {
          update: SupergraphSdlUpdateFunction;
          healthCheck: SubgraphHealthCheckFunction;
        }) => {
          updater = update;
          return Promise.resolve({ supergraphSdl });
        },
      },
    });
    await gateway.load();
    this.#gateway = gateway;
    this.#update = updater;
  }

  async close(): Promise<void> {
    await this.#gateway?.stop();
  }
}

/**
 * The life of a supergraph in a planner worker: ApolloGateway checks and loads it, and tells us when it changed.
 * Its executor is never used; our planner reads the same supergraph.
 */

import {
  ApolloGateway,
  type SubgraphHealthCheckFunction,
  type SupergraphSdlUpdateFunction,
} from '@apollo/gateway';
import { parse, print } from 'graphql';

import type { PolicyOutline } from '../../pipeline/authorization.ts';
import { errorText } from '../../shared/error-text.ts';
import { GatewayError, isGatewayError } from '../../shared/errors.ts';
import { definingOneOf } from '../composition/built-ins.ts';
import { assertServable, withoutPurposes } from './features.ts';
import { plannable } from './executable-directives.ts';
import { loadSupergraph, type LoadedSupergraph } from './supergraph.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export class SupergraphLifecycle {
  #update: SupergraphSdlUpdateFunction | undefined;
  #gateway: ApolloGateway | undefined;

  /**
   * Loads the first supergraph, or puts another in its place.
   *
   * @param allowUnenforced Features that nothing enforces and the configuration accepts.
   * @param outline Which fields have a rule of the policy.
   * @throws {GatewayError} `SUPERGRAPH_INVALID` or `CONFIG_INVALID`; the one before stays in place.
   */
  async load(
    supergraphSdl: string,
    allowUnenforced: readonly string[],
    outline: PolicyOutline | null = null,
  ): Promise<LoadedSupergraph> {
    try {
      const document = parse(supergraphSdl);
      assertServable(document, allowUnenforced);
      const next = loadSupergraph(supergraphSdl, outline);
      const known = withoutPurposes(plannable(definingOneOf(document)));
      const forGateway = known === document ? supergraphSdl : print(known);
      if (this.#update) this.#update(forGateway);
      else await this.#start(forGateway);
      return next;
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
      // Never called for operations: execution is ours.
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

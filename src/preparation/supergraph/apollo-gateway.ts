/**
 * Whether ApolloGateway loads a supergraph. Its executor is never used: the gateway's own planner loads the same one.
 * Imported only with the Apollo front, because its packages take longer to load than a small graph.
 */

import { ApolloGateway } from '@apollo/gateway';
import { parse, print } from 'graphql';

import { errorText } from '../../shared/error-text.ts';
import { GatewayError } from '../../shared/errors.ts';
import { definingOneOf } from '../composition/built-ins.ts';
import { plannable } from './executable-directives.ts';
import { withoutCosts, withoutPurposes } from './features.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** @throws {GatewayError} `SUPERGRAPH_INVALID` with its reason. */
export async function assertLoadedByApolloGateway(sdl: string): Promise<void> {
  const supergraph = withoutPurposes(withoutCosts(plannable(definingOneOf(parse(sdl)))));
  const gateway = new ApolloGateway({
    logger: silent,
    // Never called: this gateway executes operations itself.
    buildService: () => ({ process: () => Promise.reject(new Error('Execution does not happen here')) }),
    supergraphSdl: print(supergraph),
  });
  try {
    await gateway.load();
  } catch (error) {
    throw new GatewayError('SUPERGRAPH_INVALID', errorText(error), { cause: error });
  }
  await gateway.stop();
}

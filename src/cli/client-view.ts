/** What a client sees of a graph, for commands: with the name of the client where its contract does not hold. */

import type { ClientConfig } from '../config/client/client-file.ts';
import type { ClientGraph } from '../preparation/contract/client-graph.ts';
import { openContract, type ClientView } from '../preparation/contract/contract.ts';
import { isGatewayError } from '../shared/errors.ts';
import { CommandFailed } from './arguments.ts';

/** @throws {CommandFailed} With every reason why the contract does not hold. */
export function openView(
  { name, contract }: Pick<ClientConfig, 'name' | 'contract'>,
  graph: ClientGraph,
): ClientView {
  try {
    return openContract(graph, contract);
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    throw new CommandFailed(`the contract of client "${name}" does not hold:\n${error.message}`);
  }
}

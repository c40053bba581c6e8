/** Composes a graph, and makes the schema that each client sees of it, in a thread with limits. */

import type { ClientConfig } from '../config/client/client-file.ts';
import type { SupergraphSource } from '../preparation/worker-protocol.ts';
import { ownModule } from '../shared/own-module.ts';
import { runLimited, type ThreadLimits } from './limited-thread.ts';

export type ComposedClient = Pick<ClientConfig, 'name' | 'contract'>;

export interface ComposedInput {
  readonly source: SupergraphSource;
  readonly clients: readonly ComposedClient[];
  /** Whether the schemas of subgraphs are wanted. Where the graph has subgraphs, they are those it has. */
  readonly withSubgraphs: boolean;
}

export interface ClientSchemaText {
  readonly name: string;
  /** SDL. Null: the contract does not hold. */
  readonly sdl: string | null;
  /** Why the contract does not hold. Null: it does. */
  readonly problem: string | null;
}

export type ComposedGraph =
  | {
      readonly clients: readonly ClientSchemaText[];
      readonly subgraphs: ReadonlyArray<{ readonly name: string; readonly sdl: string }>;
    }
  /** Why it does not compose, with files and lines where they can be said. */
  | { readonly error: string };

export const composedLimitDefaults: ThreadLimits = { timeoutMs: 120_000, memoryMb: 4096 };

/** @throws {GatewayError} `CONFIG_INVALID` if a limit was reached. */
export function composedGraph(input: ComposedInput, limits: ThreadLimits): Promise<ComposedGraph> {
  return runLimited<ComposedGraph>({
    name: 'composition',
    module: ownModule('./composed-graph-thread', import.meta.url),
    input,
    limits,
    remedies: { time: 'make the graph smaller', memory: 'make the graph smaller' },
  });
}

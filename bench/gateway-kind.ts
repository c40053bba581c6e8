/** What a gateway is to the benchmark: which graphs it runs, and by which command. */

import type { Stage } from './stage.ts';
import type { Workload } from './workloads.ts';

/** Those that do not come with npm; `wgc` makes what Cosmo starts from. */
export const binaryNames = ['hive-router', 'cosmo', 'apollo-router', 'wgc'] as const;
export type BinaryName = (typeof binaryNames)[number];

export interface GatewayKind {
  readonly name: string;
  readonly front: string;
  readonly says: string;
  /** Graphs it can run; hive runs no subgraph in its own process. */
  readonly graphs: ReadonlyArray<Workload['graph']>;
  /** Only on demand with --gateways. */
  readonly onDemand?: boolean;
  /** An executable that must be given with --binary. */
  readonly binary?: BinaryName;
  /** What must be true for it; where it is not, its rows are left out with a note. */
  readonly optional?: boolean;
  command(place: Place): Promise<Command> | Command;
}

export interface Place {
  readonly stage: Stage;
  readonly graph: Workload['graph'];
  /** The file. */
  readonly supergraph: string;
  readonly port: number;
}

export interface Command {
  /** An executable; without it, this very Node. */
  readonly program?: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

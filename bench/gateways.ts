/** The gateways that are compared, and how each is started. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { GatewayKind } from './gateway-kind.ts';
import type { Stage } from './stage.ts';
import { routers } from './peers/routers.ts';
import { cores, freePort, listening, type Running, start } from './processes.ts';
import type { Workload } from './workloads.ts';

export interface RunningGateway {
  readonly kind: GatewayKind;
  readonly process: Running;
  readonly port: number;
  readonly path: string;
}

const folder = fileURLToPath(new URL('.', import.meta.url));
const both = ['remote', 'local'] as const;

/** Planning and loading have no short deadline: what is measured is what comes after. */
const quietConfig = 'log: { level: silent }\ntimeouts: { planningMs: 600000, loadMs: 600000 }\n';
const withoutSharing = 'sharing: { fetches: false }\n';

export const gatewayKinds: readonly GatewayKind[] = [
  {
    name: 'stock',
    front: 'apollo',
    says: '@apollo/gateway under @apollo/server, standalone',
    graphs: both,
    command: ({ stage, supergraph, port }) => ({
      args: [join(folder, 'peers/apollo.mjs'), supergraph, String(port)],
      environment: { BENCH_MEMBERS_URL: stage.membersUrl },
    }),
  },
  hive('hive', 'off', '@graphql-hive/gateway with router-runtime, de-duplication off'),
  hive('hive-dedup', 'on', '@graphql-hive/gateway with router-runtime, de-duplication on'),
  ours('ours', { front: 'direct', says: 'Tributary, no sharing between requests', config: withoutSharing }),
  ours('ours-apollo', {
    front: 'apollo',
    says: 'Tributary, Apollo front',
    config: `front: apollo\n${withoutSharing}`,
  }),
  ours('ours-fetches', {
    front: 'direct',
    says: 'Tributary, fetches in flight shared',
    config: 'sharing: { fetches: true }\n',
  }),
  ours('ours-requests', {
    front: 'direct',
    says: 'Tributary, requests in flight shared',
    config: 'sharing: { requests: true }\n',
  }),
  ...routers,
  {
    name: 'floor',
    front: 'none',
    says: 'the same fetches at once, parse, stringify: no logic',
    graphs: ['remote'],
    command: ({ stage, port }) => ({
      args: [join(folder, 'peers/floor.ts'), String(port), stage.recordingPath],
    }),
  },
];

/** Those that were asked for and can be, with a word on each that cannot. */
export function kindsAskedFor(
  names: readonly string[],
  binaries: ReadonlyMap<string, string>,
): { readonly kinds: readonly GatewayKind[]; readonly notes: readonly string[] } {
  const asked = gatewayKinds.filter(({ name }) => names.includes(name));
  const isThere = ({ binary }: GatewayKind): boolean => binary === undefined || binaries.has(binary);
  const missing = asked
    .filter((kind) => !isThere(kind))
    .map(({ name, binary }) => `${name} is left out: there is no --binary ${binary}=PATH`);
  return { kinds: asked.filter(isThere), notes: missing };
}

/** A gateway that does not start, with what it wrote. */
export class StartError extends Error {}

/** @throws {StartError} */
export async function startGateway(
  kind: GatewayKind,
  stage: Stage,
  {
    graph = 'remote',
    supergraph = stage.supergraphs[graph],
    nodeFlags = [],
    flags = [],
    core = cores.gateway,
  }: StartGatewayOptions = {},
): Promise<RunningGateway> {
  const port = await freePort();
  let process: Running | undefined;
  try {
    const { program, args, environment = {} } = await kind.command({ stage, graph, supergraph, port });
    const ownNode = program === undefined;
    process = start([...(ownNode ? nodeFlags : []), ...args, ...flags], {
      core,
      environment,
      ...(ownNode ? {} : { program }),
    });
    await listening(process, port);
  } catch (error) {
    await process?.end();
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(`${kind.name} does not start: ${reason.replaceAll(`${stage.folder}/`, '')}`);
  }
  return { kind, process, port, path: '/graphql' };
}

export interface StartGatewayOptions {
  readonly graph?: Workload['graph'];
  /** The file, where it is none of the stage's. */
  readonly supergraph?: string;
  readonly nodeFlags?: readonly string[];
  /** Of the gateway's own command. */
  readonly flags?: readonly string[];
  readonly core?: number | string;
}

function hive(name: string, deduplicate: 'on' | 'off', says: string): GatewayKind {
  return {
    name,
    front: 'hive',
    says,
    graphs: ['remote'],
    command: ({ supergraph, port }) => ({
      args: [
        join(folder, 'node_modules/@graphql-hive/gateway/dist/bin.js'),
        ...`supergraph --port ${port} --host 127.0.0.1 --fork 1 --disable-websockets --config-path`.split(
          ' ',
        ),
        join(folder, 'peers/hive.config.mjs'),
        supergraph,
      ],
      environment: { BENCH_DEDUPLICATE: deduplicate },
    }),
  };
}

export function ours(
  name: string,
  { front, says, config = '' }: { readonly front: string; readonly says: string; readonly config?: string },
): GatewayKind {
  return {
    name,
    front,
    says,
    graphs: both,
    optional: config !== '',
    async command({ stage, graph, supergraph, port }) {
      const configPath = join(stage.folder, `${name}.yaml`);
      await writeFile(configPath, quietConfig + config);
      const what =
        graph === 'local' ? ['--graph', join(folder, 'local/graph.yaml')] : ['--supergraph', supergraph];
      return {
        args: [
          join(folder, '../dist/cli/main.js'),
          'serve',
          ...what,
          '--port',
          String(port),
          '--config',
          configPath,
        ],
        environment: { BENCH_MEMBERS_URL: stage.membersUrl, BENCH_REVIEWS_URL: stage.urls.reviews },
      };
    },
  };
}

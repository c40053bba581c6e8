/** `tributary compose --check`: whether the gateway could start, and whether files and clients fit the graph. */

import { readFile } from 'node:fs/promises';

import { loadGatewayConfig, type GatewayConfig } from '../config/gateway/gateway-config.ts';

import type { GraphConfig } from '../config/graph/file.ts';
import type { Composition, SubgraphSchema } from '../preparation/composition/compose.ts';
import { Events } from '../shared/events.ts';
import { MutationCounter } from '../shared/mutation-counter.ts';
import { exitCodes } from './arguments.ts';

type Composed = Extract<Composition, { supergraphSdl: string }> & {
  readonly subgraphs: readonly SubgraphSchema[];
};

export interface OutputFiles {
  readonly out: string | undefined;
  readonly types: string | undefined;
  readonly apiSchema: string | undefined;
}

interface Output {
  readonly file: string;
  readonly flag: string;
  readonly text: string;
}

export interface CheckOptions {
  readonly files: OutputFiles;
  /** `--graph` of this command, where it is not the default: for messages. */
  readonly graphFlag: string;
  /** gateway.yaml. Undefined: what depends on it is not checked. */
  readonly config: string | undefined;
  /** Folder of the clients. Undefined: there are none. */
  readonly clients: string | undefined;
  /** Of this command, to be repeated in a command that a message tells to run. */
  readonly flags: string;
}

/** @throws {GatewayError} `CONFIG_INVALID` or `SUPERGRAPH_INVALID` if the gateway could not start with this graph. */
export async function checkGraph(
  graph: GraphConfig,
  composed: Composed,
  { files, config, clients, flags, graphFlag }: CheckOptions,
): Promise<number> {
  await checkStartup(graph, composed, config);
  const problems: string[] = [];
  for (const output of await outputsOf(composed.supergraphSdl, files)) {
    if (!(await isUpToDate(output)))
      problems.push(
        `${output.file} is not up to date: run tributary compose${graphFlag} ${output.flag} ${output.file}`,
      );
  }
  const counts = [counted(composed.hints.length, 'hint')];
  if (clients !== undefined) {
    const checked = await checkClients(composed, clients, flags);
    problems.push(...checked.problems);
    counts.push(counted(checked.count, 'client'));
  }
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) return exitCodes.failed;
  const verb = graph.subgraphs.length === 1 ? 'composes' : 'compose';
  console.log(`${counted(graph.subgraphs.length, 'subgraph')} ${verb}, ${counts.join(', ')}`);
  return exitCodes.ok;
}

/** What is to be written besides, or instead of, the supergraph. */
export async function outputsOf(supergraphSdl: string, files: OutputFiles): Promise<Output[]> {
  const { out, types, apiSchema } = files;
  const outputs: Output[] = [];
  if (types !== undefined) {
    const { graphTypes } = await import('../preparation/composition/graph-types.ts');
    outputs.push({ file: types, flag: '--types', text: graphTypes(supergraphSdl) });
  }
  if (apiSchema !== undefined) {
    const { apiSchemaOf } = await import('../preparation/supergraph/supergraph.ts');
    const { snapshotText } = await import('./client-snapshot.ts');
    const text = snapshotText(apiSchemaOf(supergraphSdl), 'tributary compose --api-schema');
    outputs.push({ file: apiSchema, flag: '--api-schema', text });
  }
  if (out !== undefined) outputs.push({ file: out, flag: '--out', text: supergraphSdl });
  return outputs;
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

async function checkStartup(
  graph: GraphConfig,
  { supergraphSdl }: Composed,
  configFile: string | undefined,
): Promise<void> {
  const { createBackends } = await import('../services/backends.ts');
  const { loadSubgraphs } = await import('../services/load.ts');
  const config =
    configFile === undefined
      ? withHeadersOf(graph, await loadGatewayConfig(undefined, { environment: {} }))
      : await loadGatewayConfig(configFile);
  const loaded = await loadSubgraphs(graph, createBackends(config, new MutationCounter(), new Events()));
  await loaded.close();
  // As the gateway does: directives that compose may still be unusable, such as @rateLimit with a mistyped key.
  const { loadServable, loadUnconfigured } = await import('../preparation/supergraph/supergraph.ts');
  if (configFile === undefined) {
    loadUnconfigured(supergraphSdl);
    return;
  }
  const { policyOf } = await import('../authz/open-authorization.ts');
  const { limitedFieldNames } = await import('../plan/planner.ts');
  loadServable(supergraphSdl, config.allowUnenforced, {
    policy: (await policyOf(config).policy?.read()) ?? null,
    limitedFields: limitedFieldNames(config.limits),
  });
}

/** Which headers services may get is for gateway.yaml to say. */
function withHeadersOf({ subgraphs, sources }: GraphConfig, config: GatewayConfig): GatewayConfig {
  const perService = [...subgraphs, ...sources].flatMap((service) =>
    'headers' in service ? (service.headers?.forward ?? []) : [],
  );
  return { ...config, headers: { ...config.headers, perService } };
}

async function checkClients(
  { supergraphSdl, subgraphs }: Composed,
  folder: string,
  flags: string,
): Promise<{ readonly count: number; readonly problems: readonly string[] }> {
  const { openClientGraph } = await import('../preparation/contract/client-graph.ts');
  const { checkClients: check } = await import('./clients-check.ts');
  return check(openClientGraph(supergraphSdl, subgraphs), { folder, flags });
}

async function isUpToDate({ file, text }: Output): Promise<boolean> {
  const onDisk = await readFile(file, 'utf8').catch(() => undefined);
  return onDisk?.replaceAll('\r\n', '\n') === text;
}

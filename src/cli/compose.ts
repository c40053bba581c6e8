/** `tributary compose`: composes the subgraph schemas and reports where each error is. */

import { readFile, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';

import { loadGatewayConfig } from '../config/gateway/gateway-config.ts';
import { loadGraphFile, type GraphConfig } from '../config/graph/file.ts';
import type { Composition } from '../preparation/composition/compose.ts';
import { Events } from '../shared/events.ts';
import { MutationCounter } from '../shared/mutation-counter.ts';
import { exitCodes, readFlags, flagText, UsageError, type Command } from './arguments.ts';

const graphDefault = 'schemas/graph.yaml';

export const compose: Command = {
  summary: 'compose the subgraph schemas into a supergraph',
  help: `Usage: tributary compose [--graph FILE] [--out FILE] [--types FILE] [--check]

Composes the subgraphs of graph.yaml into a supergraph and prints it, or writes it to --out. Errors and hints go to
standard error with subgraph, schema coordinate, file and line.

  --graph FILE   the subgraphs and sources to compose (default: ${graphDefault})
  --out FILE     write the supergraph to this file
  --types FILE   write the type and field names to this file, as TypeScript
  --check        write nothing; also import the resolver modules and load the protos, as the gateway does at startup;
                 with --out or --types, fail if that file is not up to date
  --help         print this help

Exit codes: 0 composed, 1 composition errors or a file that is not up to date, 2 usage error.`,

  async run(args) {
    const flags = readFlags(args, {
      graph: { type: 'string' },
      out: { type: 'string' },
      types: { type: 'string' },
      check: { type: 'boolean' },
    });
    const out = flagText(flags.out);
    if (out === '') throw new UsageError('--out needs a file name');
    // Imported only now: this loads the composition library.
    const { compose: composeSubgraphs } = await import('../preparation/composition/compose.ts');
    const { noteText } = await import('../preparation/composition/notes.ts');
    const graph = await loadGraphFile(flagText(flags.graph) ?? graphDefault);
    const result = composeSubgraphs(
      graph.subgraphs.map((subgraph) => ({
        name: subgraph.name,
        url: subgraph.kind === 'graphql' ? (subgraph.replicas[0]?.url ?? '') : `local:${subgraph.name}`,
        sdl: subgraph.sdl,
        file: relative(process.cwd(), subgraph.schemaPath),
      })),
    );
    if ('errors' in result) {
      for (const error of result.errors) console.error(`error ${noteText(error)}`);
      console.error(counted(result.errors.length, 'composition error'));
      return exitCodes.failed;
    }
    for (const hint of result.hints) console.error(`hint ${noteText(hint)}`);
    const types = flagText(flags.types);
    if (flags.check === true) return checkStartup(graph, result, { out, types });
    if (types !== undefined) {
      const { graphTypes } = await import('../preparation/composition/graph-types.ts');
      await write(graphTypes(result.supergraphSdl), types);
      if (out === undefined) return exitCodes.ok;
    }
    return write(result.supergraphSdl, out);
  },
};

type Composed = Extract<Composition, { supergraphSdl: string }>;

interface OutputFiles {
  readonly out: string | undefined;
  readonly types: string | undefined;
}

/** @throws {GatewayError} `CONFIG_INVALID` if the gateway could not start with this graph. */
async function checkStartup(
  graph: GraphConfig,
  { supergraphSdl, hints }: Composed,
  files: OutputFiles,
): Promise<number> {
  const { createBackends } = await import('../services/backends.ts');
  const { loadSubgraphs } = await import('../services/load.ts');
  const config = await loadGatewayConfig(undefined, { environment: {} });
  const loaded = await loadSubgraphs(graph, createBackends(config, new MutationCounter(), new Events()));
  await loaded.close();
  if (files.types !== undefined) {
    const { graphTypes } = await import('../preparation/composition/graph-types.ts');
    if (!(await isUpToDate(graphTypes(supergraphSdl), files.types, '--types'))) return exitCodes.failed;
  }
  if (!(await isUpToDate(supergraphSdl, files.out, '--out'))) return exitCodes.failed;
  const verb = graph.subgraphs.length === 1 ? 'composes' : 'compose';
  console.log(`${counted(graph.subgraphs.length, 'subgraph')} ${verb}, ${counted(hints.length, 'hint')}`);
  return exitCodes.ok;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

async function write(sdl: string, out: string | undefined): Promise<number> {
  if (out === undefined) console.log(sdl);
  else await writeFile(out, sdl).catch(refuseOutput(out));
  return exitCodes.ok;
}

function refuseOutput(out: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    throw new UsageError(`cannot write ${out} (${error.code ?? error.message})`);
  };
}

async function isUpToDate(sdl: string, out: string | undefined, flag: '--out' | '--types'): Promise<boolean> {
  if (out === undefined) return true;
  const onDisk = await readFile(out, 'utf8').catch(() => undefined);
  if (onDisk === sdl) return true;
  console.error(`${out} is not up to date: run tributary compose ${flag} ${out}`);
  return false;
}

/** `tributary compose`: composes the graph and says where each mistake is. */

import { readFile, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';

import { loadGraphFile, type GraphConfig } from '../config/graph/file.ts';
import type { Composition } from '../preparation/composition/compose.ts';
import { exitCodes, readFlags, text, UsageError, type Command } from './arguments.ts';

const graphDefault = 'schemas/graph.yaml';

export const compose: Command = {
  summary: 'compose the subgraph schemas into a supergraph',
  help: `Usage: tributary compose [--graph FILE] [--out FILE] [--types FILE] [--check]

Composes the subgraphs of graph.yaml. Errors and hints go to standard error with subgraph, coordinate, file and line;
the supergraph goes to standard output or to --out.

  --graph FILE   (default: ${graphDefault})
  --out FILE     write the supergraph here
  --types FILE   write the names of types and fields here, as TypeScript
  --check        write nothing, and look at all that starting looks at: resolver modules are imported, protos are loaded;
                 with --out or --types, also fail when that file is not up to date
  --help         print this

Exit codes: 0 composed, 1 composition errors or a file that is not up to date, 2 wrong use.`,

  async run(args) {
    const flags = readFlags(args, {
      graph: { type: 'string' },
      out: { type: 'string' },
      types: { type: 'string' },
      check: { type: 'boolean' },
    });
    const out = text(flags.out);
    if (out === '') throw new UsageError('--out needs a file name');
    // It loads the composition library.
    const { compose: composeSubgraphs } = await import('../preparation/composition/compose.ts');
    const { noteText } = await import('../preparation/composition/notes.ts');
    const graph = await loadGraphFile(text(flags.graph) ?? graphDefault);
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
    const types = text(flags.types);
    if (flags.check === true) return checked(graph, result, { out, types });
    if (types !== undefined) {
      const { graphTypes } = await import('../preparation/composition/graph-types.ts');
      await write(graphTypes(result.supergraphSdl), types);
      if (out === undefined) return exitCodes.ok;
    }
    return write(result.supergraphSdl, out);
  },
};

type Composed = Extract<Composition, { supergraphSdl: string }>;

interface Files {
  readonly out: string | undefined;
  readonly types: string | undefined;
}

/** @throws {GatewayError} `CONFIG_INVALID` for what would keep the gateway from starting with this graph. */
async function checked(
  graph: GraphConfig,
  { supergraphSdl, hints }: Composed,
  files: Files,
): Promise<number> {
  const { loadSubgraphs } = await import('../services/load.ts');
  const loaded = await loadSubgraphs(graph);
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

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

async function write(sdl: string, out: string | undefined): Promise<number> {
  if (out === undefined) console.log(sdl);
  else await writeFile(out, sdl).catch(unwritable(out));
  return exitCodes.ok;
}

function unwritable(out: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    throw new UsageError(`cannot write ${out} (${error.code ?? error.message})`);
  };
}

async function isUpToDate(sdl: string, out: string | undefined, flag: '--out' | '--types'): Promise<boolean> {
  if (out === undefined) return true;
  const present = await readFile(out, 'utf8').catch(() => undefined);
  if (present === sdl) return true;
  console.error(`${out} is not up to date: run tributary compose ${flag} ${out}`);
  return false;
}

/** `tributary compose`: composes the subgraph schemas and reports where each error is. */

import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { relative } from 'node:path';

import { loadGraphFile } from '../config/graph/file.ts';
import { exitCodes, readFlags, flagText, UsageError, type Command, type FlagValues } from './arguments.ts';
import { clientsBeside, graphDefault } from './client-arguments.ts';
import { checkGraph, counted, outputsOf, type OutputFiles } from './compose-check.ts';

export const compose: Command = {
  summary: 'compose the subgraph schemas into a supergraph',
  help: `Usage: tributary compose [--graph FILE] [--out FILE] [--types FILE] [--api-schema FILE] [--check]

Composes the subgraphs of graph.yaml into a supergraph and prints it, or writes it to --out. Errors and hints go to
standard error with subgraph, schema coordinate, file and line.

  --graph FILE       the subgraphs and sources to compose (default: ${graphDefault})
  --out FILE         write the supergraph to this file
  --types FILE       write the type and field names to this file, as TypeScript
  --api-schema FILE  write the schema that clients without a contract see to this file
  --check            write nothing; also import the resolver modules and load the protos, as the gateway does at
                     startup, and check every client: its client.yaml, its contract and its api.graphql;
                     with --out, --types or --api-schema, fail if that file is not up to date
  --config FILE      with --check: gateway.yaml, by which headers, policies, limits and addresses are checked too
  --clients FOLDER   with --check: a folder for each client (default: clients beside graph.yaml, if it is there)
  --help             print this help

Exit codes: 0 composed, 1 composition errors, invalid clients or a file that is not up to date, 2 usage error.`,

  async run(args) {
    const flags = readFlags(args, {
      graph: { type: 'string' },
      out: { type: 'string' },
      types: { type: 'string' },
      'api-schema': { type: 'string' },
      check: { type: 'boolean' },
      config: { type: 'string' },
      clients: { type: 'string' },
    });
    const files = outputFiles(flags);
    const clients = clientsFolder(flags);
    const config = flagText(flags['config']);
    if (config !== undefined && flags['check'] !== true) throw new UsageError('--config needs --check');
    // Imported only now: this loads the composition library.
    const { compose: composeSubgraphs } = await import('../preparation/composition/compose.ts');
    const { noteText } = await import('../preparation/composition/notes.ts');
    const graph = await loadGraphFile(flagText(flags['graph']) ?? graphDefault);
    const subgraphs = graph.subgraphs.map((subgraph) => ({
      name: subgraph.name,
      url: subgraph.kind === 'graphql' ? (subgraph.replicas[0]?.url ?? '') : `local:${subgraph.name}`,
      sdl: subgraph.sdl,
      file: relative(process.cwd(), subgraph.schemaPath),
    }));
    const result = composeSubgraphs(subgraphs);
    if ('errors' in result) {
      for (const error of result.errors) console.error(`error ${noteText(error)}`);
      console.error(counted(result.errors.length, 'composition error'));
      return exitCodes.failed;
    }
    for (const hint of result.hints) console.error(`hint ${noteText(hint)}`);
    if (flags['check'] === true) {
      return checkGraph(
        graph,
        { ...result, subgraphs },
        {
          files,
          config,
          clients,
          flags: repeated(flags, ['graph', 'clients']),
          graphFlag: repeated(flags, ['graph']),
        },
      );
    }
    return write(result.supergraphSdl, files);
  },
};

/** @throws {UsageError} */
function outputFiles(flags: FlagValues): OutputFiles {
  const files = {
    out: flagText(flags['out']),
    types: flagText(flags['types']),
    apiSchema: flagText(flags['api-schema']),
  };
  if (files.out === '') throw new UsageError('--out needs a file name');
  if (files.types === '') throw new UsageError('--types needs a file name');
  if (files.apiSchema === '') throw new UsageError('--api-schema needs a file name');
  return files;
}

/** @throws {UsageError} For a folder that would not be looked at. */
function clientsFolder(flags: FlagValues): string | undefined {
  const named = flagText(flags['clients']);
  if (named !== undefined && flags['check'] !== true) throw new UsageError('--clients needs --check');
  if (named !== undefined) return named;
  const beside = clientsBeside(flagText(flags['graph']) ?? graphDefault);
  return existsSync(beside) ? beside : undefined;
}

function repeated(flags: FlagValues, names: readonly string[]): string {
  return names.map((name) => (flags[name] ? ` --${name} ${String(flags[name])}` : '')).join('');
}

async function write(supergraphSdl: string, files: OutputFiles): Promise<number> {
  const outputs = await outputsOf(supergraphSdl, files);
  if (outputs.length === 0) console.log(supergraphSdl);
  for (const { file, text } of outputs) {
    await writeFile(file, text).catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(`cannot write ${file} (${error.code ?? error.message})`);
    });
  }
  return exitCodes.ok;
}

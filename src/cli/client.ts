/** `tributary client`: makes a client's folder, lists the clients, and prints or writes the schema of one. */

import { writeFile } from 'node:fs/promises';

import type { GraphQLSchema } from 'graphql';

import type { ClientConfig } from '../config/client/client-file.ts';
import { displayName } from '../config/yaml/file.ts';
import { isGatewayError } from '../shared/errors.ts';
import { introspectSchema, printedSchema } from '../shared/schema-text.ts';
import { actionNamed, CommandFailed, exitCodes, readArguments, UsageError } from './arguments.ts';
import type { Command, Flags, FlagValues } from './arguments.ts';
import {
  locationFlags,
  locationHelp,
  openGraph,
  readClientFolders,
  readClientName,
  readClientNamed,
  readLocations,
} from './client-arguments.ts';
import { clientInit } from './client-init.ts';
import { clientRows } from './client-rows.ts';
import { clientCommand, snapshotFile, snapshotText } from './client-snapshot.ts';

interface Action {
  readonly flags: Flags;
  readonly operandsMax: number;
  /** @returns The exit code. */
  run(operands: readonly string[], values: FlagValues): Promise<number>;
}

export const clientCommands: Command = {
  summary: 'make the folder of a client, list the clients, print or write what one sees',
  help: `Usage: tributary client init NAME [--owner TEAM] [options]
       tributary client list [--json] [options]
       tributary client schema NAME [--json | --write] [options]

init makes a folder with a client.yaml, in which every option has a comment, and the schema of the client, api.graphql.
  --owner TEAM           the team to ask about the client (default: NAME-team)

list prints the clients: owner, how each is recognized, its contract in short, and introspection.
  --json                 print JSON

schema prints the schema that the contract of a client leaves.
  --json                 print it as the result of an introspection query
  --write                write it to api.graphql in the folder of the client, which compose --check compares

${locationHelp}
  --help                 print this help

Exit codes: 0 done, 1 failed, 2 usage error.`,

  async run([name = '', ...rest]) {
    const action = actionNamed(actions, name);
    const { values, operands } = readArguments(
      rest,
      { ...locationFlags, ...action.flags },
      action.operandsMax,
    );
    return action.run(operands, values);
  },
};

const actions: Readonly<Record<string, Action>> = {
  init: {
    flags: { owner: { type: 'string' } },
    operandsMax: 1,
    async run(operands, values) {
      const name = readClientName(operands, 'client init');
      await clientInit(name, values['owner'], readLocations(values));
      return exitCodes.ok;
    },
  },
  list: {
    flags: { json: { type: 'boolean' } },
    operandsMax: 0,
    async run(_, values) {
      const clients = [...(await readClientFolders(readLocations(values).clients)).values()];
      const invalid = clients.filter(isGatewayError);
      const rows = clientRows(clients.filter((one): one is ClientConfig => !isGatewayError(one)));
      console.log(values['json'] === true ? JSON.stringify(rows.json, null, 2) : rows.table);
      for (const { message } of invalid) console.error(message);
      return invalid.length > 0 ? exitCodes.failed : exitCodes.ok;
    },
  },
  schema: {
    flags: { json: { type: 'boolean' }, write: { type: 'boolean' } },
    operandsMax: 1,
    async run(operands, values) {
      const name = readClientName(operands, 'client schema');
      const { json, write } = values;
      if (json === true && write === true) throw new UsageError('--json and --write exclude each other');
      const locations = readLocations(values);
      const client = await readClientNamed(name, locations.clients);
      const { openView } = await import('./client-view.ts');
      const graph = await openGraph(locations);
      const schema = openView(client, graph).schema;
      if (write === true) await writeSnapshot(snapshotFile(locations.clients, name), name, schema);
      else if (json === true) console.log(JSON.stringify(introspectSchema(schema), null, 2));
      else console.log(printedSchema(schema));
      return exitCodes.ok;
    },
  },
};

async function writeSnapshot(file: string, name: string, schema: GraphQLSchema): Promise<void> {
  await writeFile(file, snapshotText(schema, clientCommand(name))).catch((error: NodeJS.ErrnoException) => {
    throw new CommandFailed(`cannot write ${displayName(file)} (${error.code ?? error.message})`);
  });
  console.log(displayName(file));
}

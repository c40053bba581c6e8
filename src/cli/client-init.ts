/** `tributary client init`: makes the folder of a client, as `compose --check` accepts it. */

import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { isClientName, readClient } from '../config/client/client-folders.ts';
import { displayName } from '../config/yaml/file.ts';
import { CommandFailed, flagText, UsageError, type FlagValue } from './arguments.ts';
import { openGraph, type ClientLocations } from './client-arguments.ts';
import { clientCommand, snapshotFile, snapshotText } from './client-snapshot.ts';
import { clientTemplate } from './client-template.ts';

/** @throws If the client is there already, or the graph does not compose: nothing is written. */
export async function clientInit(
  name: string,
  ownerFlag: FlagValue,
  locations: ClientLocations,
): Promise<void> {
  if (!isClientName(name))
    throw new UsageError(
      `a client's name has lower-case letters, digits and hyphens, begins with a letter and is not "graphiql" or "health", got "${name}"`,
    );
  const owner = flagText(ownerFlag) ?? `${name}-team`;
  if (owner.trim() === '') throw new UsageError('--owner needs the name of a team');
  const path = join(locations.clients, name);
  if (existsSync(path)) throw new CommandFailed(`${displayName(path)} is there already: choose another name`);
  const graph = await openGraph(locations);
  const { openView } = await import('./client-view.ts');
  const file = join(path, 'client.yaml');
  try {
    await mkdir(path, { recursive: true });
    await writeFile(file, clientTemplate(name, owner));
    const { schema } = openView(await readClient({ name, path, state: '' }), graph);
    await writeFile(snapshotFile(locations.clients, name), snapshotText(schema, clientCommand(name)));
  } catch (error) {
    await rm(path, { recursive: true, force: true });
    throw error;
  }
  console.log(`${displayName(file)}\n${displayName(snapshotFile(locations.clients, name))}`);
  console.error(
    `Client ${name} sees the whole graph: choose tags in client.yaml, then run ${clientCommand(name)}${locations.flags}`,
  );
}

/** `tributary dev`: develops schemas with a gateway that follows every save. */

import {
  flagText,
  flagTexts,
  readFlags,
  readPort,
  UsageError,
  type Command,
  type FlagValues,
} from './arguments.ts';
import type { DevOptions } from './dev/open-dev.ts';
import { locationFlags, locationHelp, readLocations } from './client-arguments.ts';
import { readLevel } from './log-level.ts';
import { closeOnSignals } from './signals.ts';

export const dev: Command = {
  summary: 'develop schemas: serve, check and write what is generated on every save',
  help: `Usage: tributary dev [--graph FILE | --supergraph FILE|URL] [options]

Serves the graph. On start and on every save it composes the graph, puts it in place, writes the api.graphql of each
client, checks the schemas as tributary check does, prints what changed, and runs graphql-codegen if there is a
codegen.yml. A graph that does not compose stops nothing: the last good one is served. SIGTERM and SIGINT end it.

${locationHelp}
  --base STATE           what the schemas are checked against: a git ref, a folder, or a supergraph file
                         (default: the merge base with the default branch; outside of a git repository nothing is checked)
  --operations [CLIENT=]FOLDER
                         further operations to check: .graphql documents or manifests; may be repeated
  --override NAME=URL    call this subgraph at another address, such as one that runs on this machine; may be repeated
  --mock NAME            answer for this subgraph from its schema, with made-up data; may be repeated
  --no-codegen           do not run graphql-codegen
  --config FILE          gateway.yaml: listener, authentication, limits, timeouts (default: built-in defaults)
  --port N               port to listen on, 0 for any free port (default: 4000)
  --host NAME            address to listen on (default: 127.0.0.1)
  --log LEVEL            silent, error, warn, info or debug (default: warn)
  --help                 print this help

Exit codes: 0 after SIGTERM or SIGINT, 1 if it cannot start, 2 usage error.`,

  async run(args) {
    const flags = readFlags(args, {
      ...locationFlags,
      base: { type: 'string' },
      operations: { type: 'string', multiple: true },
      override: { type: 'string', multiple: true },
      mock: { type: 'string', multiple: true },
      'no-codegen': { type: 'boolean' },
      config: { type: 'string' },
      port: { type: 'string' },
      host: { type: 'string' },
      log: { type: 'string' },
    });
    const options = readOptions(flags);
    const serving = closeOnSignals();
    // Imported only once the flags are valid: this loads the whole gateway.
    const { openDev } = await import('./dev/open-dev.ts');
    const development = await openDev(options);
    serving(development);
    try {
      await development.start();
    } catch (error) {
      await development.close();
      throw error;
    }
    return undefined;
  },
};

/** @throws {UsageError} */
function readOptions(flags: FlagValues): DevOptions {
  const locations = readLocations(flags);
  const overrides = new Map(flagTexts(flags['override']).map(overrideFlag));
  const mocks = [...new Set(flagTexts(flags['mock']))];
  const both = mocks.find((name) => overrides.has(name));
  if (both !== undefined) throw new UsageError(`--override and --mock exclude each other, for "${both}"`);
  const configPath = flagText(flags['config']);
  const host = flagText(flags['host']);
  const port = readPort(flags['port']);
  return {
    locations,
    gateway: {
      logLevel: readLevel(flagText(flags['log'])),
      ...(configPath === undefined ? {} : { configPath }),
      ...(host === undefined ? {} : { host }),
      ...(port === undefined ? {} : { port }),
    },
    overrides,
    mocks,
    base: flagText(flags['base']),
    operations: flagTexts(flags['operations']),
    generatesCode: flags['no-codegen'] !== true,
  };
}

function overrideFlag(text: string): readonly [name: string, url: string] {
  const [, name = '', url = ''] = /^([^=]+)=(https?:\/\/.+)$/.exec(text) ?? [];
  if (URL.canParse(url)) return [name, url];
  throw new UsageError(`--override must be NAME=URL with an http or https address, got "${text}"`);
}

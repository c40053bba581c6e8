/** `tributary serve`: runs the gateway. */

import { workersOf } from '../config/gateway/gateway-config.ts';
import { readFlags, readPort, flagText, UsageError, type Command } from './arguments.ts';
import { closeOnSignals } from './signals.ts';

const graphDefault = 'schemas/graph.yaml';

export const serve: Command = {
  summary: 'run the gateway',
  help: `Usage: tributary serve [--graph FILE | --supergraph FILE|URL] [options]

Runs the gateway until SIGTERM or SIGINT, then shuts down gracefully; another one two seconds later ends it at once. SIGHUP reloads the graph and the credentials.
SIGUSR1 switches the log between the configured level and debug.

  --graph FILE            the subgraphs and sources to compose (default: ${graphDefault})
  --supergraph FILE|URL   an already composed supergraph, with remote subgraphs only
  --config FILE           gateway.yaml: listener, authentication, limits, timeouts (default: built-in defaults)
  --port N                port to listen on, 0 for any free port (default: 4000)
  --host NAME             address to listen on (default: 127.0.0.1; 0.0.0.0 for all interfaces)
  --workers N|auto        processes that serve requests on that port; auto: one per processor
                          (default: server.workers of gateway.yaml, which is 1)
  --help                  print this help

Exit codes: 0 after a graceful shutdown, 1 if it cannot start, 2 usage error.`,

  async run(args) {
    const flags = readFlags(args, {
      graph: { type: 'string' },
      supergraph: { type: 'string' },
      config: { type: 'string' },
      port: { type: 'string' },
      host: { type: 'string' },
      workers: { type: 'string' },
    });
    const graph = flagText(flags.graph);
    const supergraph = flagText(flags.supergraph);
    const configPath = flagText(flags.config);
    const host = flagText(flags.host);
    const port = readPort(flags.port);
    const workers = readWorkers(flagText(flags.workers));
    if (graph !== undefined && supergraph !== undefined) {
      throw new UsageError('--graph and --supergraph exclude each other');
    }
    const serving = closeOnSignals();
    // Imported only once the flags are valid: this loads the whole gateway.
    const { start } = await import('../assembly/start.ts');
    const running = await start({
      ...(supergraph === undefined ? { graphPath: graph ?? graphDefault } : { supergraph }),
      ...(configPath === undefined ? {} : { configPath }),
      ...(host === undefined ? {} : { host }),
      ...(port === undefined ? {} : { port }),
      ...(workers === undefined ? {} : { workers: workersOf(workers) }),
    });
    serving(running);
    return undefined;
  },
};

/** @throws {UsageError} */
function readWorkers(input: string | undefined): number | 'auto' | undefined {
  if (input === undefined || input === 'auto') return input;
  const workers = /^\d{1,3}$/.test(input) ? Number(input) : 0;
  if (workers >= 1 && workers <= 256) return workers;
  throw new UsageError(`--workers must be a number from 1 to 256, or auto, got "${input}"`);
}

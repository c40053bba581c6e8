/** `tributary serve`: runs the gateway. */

import { workersOf } from '../config/gateway/gateway-config.ts';
import { readFlags, readPort, text, UsageError, type Command } from './arguments.ts';
import { closeOnSignals } from './signals.ts';

const graphDefault = 'schemas/graph.yaml';

export const serve: Command = {
  summary: 'run the gateway',
  help: `Usage: tributary serve [--graph FILE | --supergraph FILE|URL] [options]

Runs the gateway until SIGTERM or SIGINT.

  --graph FILE            the subgraphs and sources to compose (default: ${graphDefault})
  --supergraph FILE|URL   a supergraph that is composed already, with remote subgraphs only
  --config FILE           gateway.yaml: how to listen, what to accept, how long to wait (default: built-in defaults)
  --port N                port to listen on, 0 for any free one (default: 4000)
  --host NAME             address to listen on (default: 127.0.0.1; 0.0.0.0 for all)
  --workers N|auto        processes that answer requests behind that port; auto: one a processor (default: 1)
  --help                  print this

Exit codes: 0 after a clean end, 1 when it cannot start, 2 for wrong use.`,

  async run(args) {
    const flags = readFlags(args, {
      graph: { type: 'string' },
      supergraph: { type: 'string' },
      config: { type: 'string' },
      port: { type: 'string' },
      host: { type: 'string' },
      workers: { type: 'string' },
    });
    const graph = text(flags.graph);
    const supergraph = text(flags.supergraph);
    const configPath = text(flags.config);
    const host = text(flags.host);
    const port = readPort(flags.port);
    const workers = readWorkers(text(flags.workers));
    if (graph !== undefined && supergraph !== undefined) {
      throw new UsageError('--graph and --supergraph exclude each other');
    }
    const serving = closeOnSignals();
    // Not before the flags are known to be right: it loads the whole gateway.
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
function readWorkers(given: string | undefined): number | 'auto' | undefined {
  if (given === undefined || given === 'auto') return given;
  const workers = /^\d{1,3}$/.test(given) ? Number(given) : 0;
  if (workers >= 1 && workers <= 256) return workers;
  throw new UsageError(`--workers must be a number from 1 to 256, or auto, got "${given}"`);
}

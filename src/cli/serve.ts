/** `tributary serve`: runs the gateway. */

import { readFlags, readPort, text, UsageError, type Command } from './arguments.ts';

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
  --help                  print this

Exit codes: 0 after a clean end, 1 when it cannot start, 2 for wrong use.`,

  async run(args) {
    const flags = readFlags(args, {
      graph: { type: 'string' },
      supergraph: { type: 'string' },
      config: { type: 'string' },
      port: { type: 'string' },
      host: { type: 'string' },
    });
    const graph = text(flags.graph);
    const supergraph = text(flags.supergraph);
    const configPath = text(flags.config);
    const host = text(flags.host);
    const port = readPort(flags.port);
    if (graph !== undefined && supergraph !== undefined) {
      throw new UsageError('--graph and --supergraph exclude each other');
    }
    // Not before the flags are known to be right: it loads the whole gateway.
    const { closeOnSignals, start } = await import('../main.ts');
    const running = await start({
      ...(supergraph === undefined ? { graphPath: graph ?? graphDefault } : { supergraph }),
      ...(configPath === undefined ? {} : { configPath }),
      ...(host === undefined ? {} : { host }),
      ...(port === undefined ? {} : { port }),
    });
    closeOnSignals(running);
    return undefined;
  },
};

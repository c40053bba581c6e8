/** `tributary lint`: all that the rules of lint find in the schemas of the subgraphs, and not only what is new. */

import { lintReport } from '../checks/lint-report.ts';
import { readFlags, UsageError, type Command } from './arguments.ts';
import {
  configured,
  exitCodeOf,
  formatsHelp,
  outputFlags,
  outputHelp,
  outputOptions,
  readOutputs,
  writeOutputs,
} from './check-run.ts';
import { readHead, readPolicy } from './check-states.ts';

export const lint: Command = {
  summary: 'conventions of the subgraph schemas: names, descriptions, deprecations, lists',
  help: `Usage: tributary lint [--graph FILE] [options]

Reports all findings of the rules in policy/checks.yaml beside graph.yaml. tributary check reports those that a change
adds.

  --graph FILE             graph.yaml (default: schemas/graph.yaml)
  --subgraph NAME=URL      take the schema of this subgraph from a running service; may be repeated
${outputHelp}
  --help                   print this help

${formatsHelp}

Exit codes: 0 no errors, 1 errors, 2 usage or configuration, 3 a schema that cannot be read.`,

  async run(args) {
    const flags = readFlags(args, {
      graph: { type: 'string' },
      subgraph: { type: 'string', multiple: true },
      ...outputFlags,
    });
    const outputs = readOutputs(flags);
    return configured(async () => {
      const states = await readHead(flags);
      if (states.head.graph.kind !== 'subgraphs') throw new UsageError('--graph must name a graph.yaml');
      const report = lintReport(states.head, await readPolicy(states));
      await writeOutputs(outputs, report, outputOptions(states.graph));
      return exitCodeOf(report);
    });
  },
};

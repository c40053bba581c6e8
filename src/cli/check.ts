/** `tributary check`: what a schema change does to every operation of every client, before it is merged. */

import { explainFinding } from '../checks/outputs/explain.ts';
import { flagText, readFlags, type Command } from './arguments.ts';
import {
  checkFlags,
  checkHelp,
  configured,
  exitCodeOf,
  formatsHelp,
  outputFlags,
  outputHelp,
  outputOptions,
  readOutputs,
  runCheck,
  writeOutputs,
} from './check-run.ts';

export const check: Command = {
  summary: 'what a schema change does to the operations of each client, for CI',
  help: `Usage: tributary check [--base STATE] [options]

Compares two states of the schemas and says, for each client, which of its operations break or may answer otherwise,
and why. It needs no network and no running gateway.

${checkHelp}
  --explain ID             why a finding is one, and three ways out: its fingerprint, coordinate or rule
${outputHelp}
  --help                   print this help

${formatsHelp}

Exit codes: 0 passed, 1 breaking changes or a policy, 2 usage or configuration, 3 the graph does not compose, a contract does
not hold, or a client.yaml, a file of operations or a line of usage is not valid.`,

  async run(args) {
    const flags = readFlags(args, { ...checkFlags, ...outputFlags, explain: { type: 'string' } });
    const outputs = readOutputs(flags);
    return configured(async () => {
      const { states, report } = await runCheck(flags);
      const options = outputOptions(states.graph);
      const explain = flagText(flags['explain']);
      const text = explain === undefined ? undefined : explainFinding(report, explain, options);
      await writeOutputs(outputs, report, { ...options, text });
      return exitCodeOf(report);
    });
  },
};

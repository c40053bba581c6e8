/** `tributary override add`: accepts one finding of a check for a time, by a file that is committed. */

import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { approverOf, overrideSnippet } from '../checks/outputs/override-snippet.ts';
import type { CheckReport, Finding } from '../checks/report.ts';
import { readOverrides } from '../config/checks/override-files.ts';
import { CommandFailed, exitCodes, flagText, readArguments, UsageError, type Command } from './arguments.ts';
import { checkFlags, checkHelp, configured, overrideExpires, runCheck } from './check-run.ts';

const date = /^\d{4}-\d{2}-\d{2}$/;

export const override: Command = {
  summary: 'accept a finding of a schema check for a time',
  help: `Usage: tributary override add FINGERPRINT --reason TEXT [options]

Checks as tributary check does, and writes policy/overrides/FINGERPRINT.yaml beside graph.yaml: a file to be committed
with the change, and approved by the owner of the client that is concerned.

  --reason TEXT            why the finding is accepted, in 10 characters or more
  --approver TEAM          who accepts it (default: the owner of the client; required if it concerns no single client)
  --expires DATE           the last day on which it is accepted (default: in 30 days)
${checkHelp}
  --help                   print this help

Exit codes: 0 written, 1 no such finding or an override that is there already, 2 usage or configuration.`,

  async run(args) {
    const { values: flags, operands } = readArguments(
      args,
      {
        ...checkFlags,
        reason: { type: 'string' },
        approver: { type: 'string' },
        expires: { type: 'string' },
      },
      2,
    );
    const [verb, fingerprint] = operands;
    if (verb !== 'add' || fingerprint === undefined)
      throw new UsageError('expected: tributary override add FINGERPRINT --reason TEXT');
    const reason = flagText(flags['reason'])?.trim() ?? '';
    if (reason === '') throw new UsageError('--reason must say why the finding is accepted');
    const expires = flagText(flags['expires']) ?? overrideExpires();
    if (!date.test(expires))
      throw new UsageError(`--expires must be a date such as 2026-12-31, got "${expires}"`);
    if (expires < new Date().toISOString().slice(0, 10))
      throw new UsageError(`--expires must not be in the past, got ${expires}`);
    return configured(async () => {
      const { states, report } = await runCheck(flags);
      const finding = findingOf(report, fingerprint);
      const approver = flagText(flags['approver']) ?? approverOf(finding, report);
      if (approver === '')
        throw new UsageError('--approver must say who accepts it: the finding concerns no single client');
      const { text } = overrideSnippet(finding, { approver, expires, reason, graphFile: states.graph });
      // Checks would refuse the file.
      await readOverrides([{ file: 'the override', text }]);
      const file = join(
        states.root,
        dirname(states.graph),
        'policy/overrides',
        `${finding.fingerprint}.yaml`,
      );
      if (existsSync(file)) throw new CommandFailed(`${file} is there already`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
      console.log(
        `${file}\nAccepted until ${expires}: commit the file with the change. ${approver} approves it.`,
      );
      return exitCodes.ok;
    });
  },
};

/** @throws {CommandFailed} */
function findingOf({ findings }: CheckReport, fingerprint: string): Finding {
  const finding = findings.find((one) => one.fingerprint === fingerprint);
  if (finding) return finding;
  const errors = findings.filter(
    ({ severity, override: accepted }) => severity === 'error' && accepted === null,
  );
  const others = errors.map((one) => `\n  ${one.fingerprint}  ${one.message}`).slice(0, 20);
  throw new CommandFailed(
    `there is no finding ${fingerprint}${others.length === 0 ? ', and no error' : `; errors:${others.join('')}`}`,
  );
}

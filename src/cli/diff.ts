/** `tributary diff`: what differs between two states of the schemas, for each client; whom it concerns is not asked. */

import { jsonFormat } from '../checks/outputs/json.ts';
import { messageText, nameText } from '../checks/outputs/finding-text.ts';
import { textFormat } from '../checks/outputs/text.ts';
import type { CheckReport, Finding, Severity } from '../checks/report.ts';
import { defaultChecksPolicy, type ChecksPolicy } from '../config/checks/checks-file.ts';
import { didYouMean } from '../config/yaml/suggest.ts';
import { flagText, readFlags, UsageError, type Command } from './arguments.ts';
import type { CheckedStates } from './check-states.ts';
import { checkFlags, checkHelp, configured, outputOptions, runCheck } from './check-run.ts';

export const diff: Command = {
  summary: 'what differs between two states of the schemas, for each client',
  help: `Usage: tributary diff [--base STATE] [--client NAME] [options]

Prints the changes of the schema that each client sees, and of directives. tributary check says which operations they
concern.

${checkHelp}
  --client NAME            only what this client sees
  --format FORMAT          text, or json as tributary check has it (default: text)
  --help                   print this help

Exit codes: 0 compared, 2 usage or configuration, 3 the graph does not compose or a contract does not hold.`,

  async run(args) {
    const flags = readFlags(args, { ...checkFlags, client: { type: 'string' }, format: { type: 'string' } });
    const client = flagText(flags['client']);
    const format = flagText(flags['format']) ?? 'text';
    if (format !== 'text' && format !== 'json')
      throw new UsageError(`--format must be text or json, got "${format}"`);
    return configured(async () => {
      const { states, report: whole } = await runCheck(flags, ({ base, head, now }) => ({
        base,
        head: { ...head, operations: [] },
        policy: byLevel,
        overrides: [],
        now,
      }));
      const options = outputOptions(states.graph);
      if (whole.verdict === 'invalid') {
        process.stdout.write(textFormat.render(whole, options));
        return 3;
      }
      assertClient(client, states, whole);
      const report = { ...whole, findings: whole.findings.filter((finding) => isOf(finding, client)) };
      process.stdout.write(format === 'json' ? jsonFormat.render(report, options) : changesText(report));
      return 0;
    });
  },
};

/** @throws {UsageError} For a mistyped name, of which nothing would differ. */
function assertClient(
  client: string | undefined,
  { base, head }: CheckedStates,
  { clients }: CheckReport,
): void {
  const names = [...new Set([...base.clients, ...head.clients, ...clients].map(({ name }) => name))];
  if (client === undefined || names.includes(client)) return;
  throw new UsageError(
    `--client: there is no client ${client} in either state${didYouMean(client, names)}; clients: ${names.join(', ') || 'none'}`,
  );
}

/** Without operations, the severity of a change is its level then. */
const byLevel: ChecksPolicy = {
  ...defaultChecksPolicy,
  severities: {
    ...(Object.fromEntries(
      Object.keys(defaultChecksPolicy.severities).map((rule) => [rule, null]),
    ) as ChecksPolicy['severities']),
    'breaking-without-usage': 'error',
    'dangerous-without-usage': 'warning',
  },
};

function isOf(finding: Finding, client: string | undefined): boolean {
  return (
    finding.stage === 'diff' && (client === undefined || finding.client === client || finding.client === null)
  );
}

const levels: Readonly<Record<Severity, string>> = {
  error: 'breaking',
  warning: 'dangerous',
  notice: 'safe',
};
const levelWidth = 11;

function changesText({ base, head, findings }: CheckReport): string {
  const lines = [`${nameText(base.label)} -> ${nameText(head.label)}`];
  if (findings.length === 0) lines.push('Nothing differs.');
  for (const [client, changes] of Map.groupBy(findings, (finding) => finding.client)) {
    lines.push('', client === null ? 'All clients' : `Client ${nameText(client)}`);
    for (const { severity, message, location } of changes) {
      const place =
        location === null ? '' : `  ${nameText(location.file)}:${location.line}:${location.column}`;
      lines.push(`  ${levels[severity].padEnd(levelWidth)}${messageText(message)}${place}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

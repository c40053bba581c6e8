/**
 * Markdown for the comment of a pull request and for the summary of a job. Both have a limit of size: whole findings are
 * left out, those of least importance first.
 */

import type { CheckReport, ClientSummary, StageName, StateSummary } from '../report.ts';
import { byImportance, countText, numberText, verdictText } from './finding-text.ts';
import { clientLines, findingBlock, sectionBytes, type FindingBlock } from './markdown-findings.ts';
import { code, collapsed, sizeOf, tableHead, tableRow } from './markdown-text.ts';
import type { OutputFormat, OutputOptions } from './output-format.ts';

/** Where a comment is updated in place, this line finds it. */
const marker = '<!-- tributary-check -->';

/** GitHub refuses comments over 65,536 characters; GitLab's limit is higher. */
const commentBytesMax = 64_900;
/** GitHub refuses a summary over 1 MiB, and shows none of it. */
const summaryBytesMax = 1_000_000;

const nameCharsMax = 100;
const labelCharsMax = 200;
const clientsMax = 50;
/** Of the limit: clients are many only where findings are. */
const clientsShare = 0.2;

export const markdownFormat: OutputFormat = {
  name: 'markdown',
  description: 'Markdown for one comment of a pull request',
  render: (report, options) =>
    render(report, { options, firstLines: [marker, ''], bytesMax: commentBytesMax }),
};

export const githubSummaryFormat: OutputFormat = {
  name: 'github-summary',
  description: 'Markdown for the summary of a job of GitHub Actions',
  render: (report, options) => render(report, { options, firstLines: [], bytesMax: summaryBytesMax }),
};

interface Target {
  readonly options: OutputOptions;
  readonly firstLines: readonly string[];
  readonly bytesMax: number;
}

function render(report: CheckReport, { options, firstLines, bytesMax }: Target): string {
  const head = [
    ...firstLines,
    ...headLines(report, options),
    ...clientTable(report.clients, bytesMax * clientsShare),
  ];
  const foot = [...stageLines(report), '', `<sub>Checked by \`${options.command} check\`.</sub>`];
  const leftOut = (count: number): readonly string[] =>
    count === 0
      ? []
      : [
          '',
          `**${countText(count, 'more finding')}** left out here, of least importance: see the \`json\` or \`text\` output of the job.`,
        ];
  const bytesLeft = bytesMax - sizeOf(head) - sizeOf(foot) - sizeOf(leftOut(report.findings.length));
  const blocks = fittingBlocks(report, { options, bytesMax: bytesLeft });
  const lines = [
    ...head,
    ...clientGroups(blocks).flatMap((group) => clientLines(group, report)),
    ...leftOut(report.findings.length - blocks.length),
    ...foot,
  ];
  return `${lines.join('\n')}\n`;
}

interface Budget {
  readonly options: OutputOptions;
  readonly bytesMax: number;
}

/** The most important findings that fit, up to the first that does not. */
function fittingBlocks(report: CheckReport, { options, bytesMax }: Budget): readonly FindingBlock[] {
  const blocks: FindingBlock[] = [];
  const clients = new Set<string | null>();
  let bytes = 0;
  for (const finding of byImportance(report.findings)) {
    const block = findingBlock(finding, { report, options });
    const opening = clients.has(finding.client) ? 0 : sectionBytes(finding.client, report);
    bytes += block.bytes + opening;
    if (bytes > bytesMax) break;
    clients.add(finding.client);
    blocks.push(block);
  }
  return blocks;
}

/** In the order of their most important finding. */
function clientGroups(blocks: readonly FindingBlock[]): ReadonlyArray<readonly FindingBlock[]> {
  return [...Map.groupBy(blocks, ({ finding }) => finding.client).values()];
}

function headLines(report: CheckReport, options: OutputOptions): readonly string[] {
  const { summary, action } = verdictText(report, options);
  const icon = report.verdict === 'passed' ? '✅' : '❌';
  return [
    `## ${icon} ${summary}`,
    '',
    `${stateText(report.base)} → ${stateText(report.head)}`,
    ...(action === null ? [] : ['', action]),
  ];
}

function stateText({ label, subgraphs, operations }: StateSummary): string {
  return `${code(label, labelCharsMax)} (${countText(subgraphs, 'subgraph')}, ${countText(operations, 'operation')})`;
}

const clientColumns = [
  { title: 'client' },
  { title: 'owner' },
  { title: 'breaking changes', align: 'right' },
  { title: 'dangerous', align: 'right' },
  { title: 'broken operations', align: 'right' },
  { title: 'affected', align: 'right' },
  { title: 'safe', align: 'right' },
  { title: 'invalid before', align: 'right' },
] as const;

/** Clients whose operations break most come first. */
function clientTable(clients: readonly ClientSummary[], bytesMax: number): readonly string[] {
  if (clients.length === 0) return [];
  const sorted = clients.toSorted(
    (one, other) =>
      other.operations.broken - one.operations.broken ||
      other.changes.breaking - one.changes.breaking ||
      other.operations.affected - one.operations.affected,
  );
  const lines = ['', ...tableHead(clientColumns)];
  let shown = 0;
  for (const client of sorted.slice(0, clientsMax)) {
    const row = clientRow(client);
    if (sizeOf([...lines, row]) > bytesMax) break;
    lines.push(row);
    shown += 1;
  }
  const rest = clients.length - shown;
  return rest === 0 ? lines : [...lines, '', `... and ${countText(rest, 'more client')}.`];
}

function clientRow({ name, owner, changes, operations }: ClientSummary): string {
  const counts = [
    changes.breaking,
    changes.dangerous,
    operations.broken,
    operations.affected,
    operations.safe,
    operations.invalidBefore,
  ];
  return tableRow([code(name, nameCharsMax), code(owner, nameCharsMax), ...counts.map(numberText)]);
}

/** One row for each stage: of its clients the worst status, and the sum of their times. */
function stageLines({ stages }: CheckReport): readonly string[] {
  const rows = new Map<StageName, { failed: number; skipped: number; durationMs: number }>();
  for (const { name, status, durationMs } of stages) {
    const row = rows.get(name) ?? { failed: 0, skipped: 0, durationMs: 0 };
    rows.set(name, {
      failed: row.failed + Number(status === 'failed'),
      skipped: row.skipped + Number(status === 'skipped'),
      durationMs: row.durationMs + durationMs,
    });
  }
  if (rows.size === 0) return [];
  const columns = [{ title: 'stage' }, { title: 'status' }, { title: 'time', align: 'right' }] as const;
  return collapsed('Stages', [
    ...tableHead(columns),
    ...[...rows].map(([name, { failed, skipped, durationMs }]) => {
      const status = failed > 0 ? 'failed' : skipped > 0 ? 'skipped' : 'passed';
      return tableRow([name, status, `${(durationMs / 1000).toFixed(2)} s`]);
    }),
  ]);
}

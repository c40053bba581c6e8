/**
 * Code Quality report of GitLab.
 *
 * @see https://docs.gitlab.com/ci/testing/code_quality/
 */

import type { Finding } from '../report.ts';
import {
  byImportance,
  impactText,
  messageText,
  nameText,
  overrideText,
  placeOf,
  sentence,
} from './finding-text.ts';
import type { OutputFormat, OutputOptions } from './output-format.ts';
import { visibleJson } from './visible-text.ts';

/** GitLab reads reports of up to 10 MB or so; nobody reads more findings than these. */
const issuesMax = 5000;

type GitlabSeverity = 'info' | 'minor' | 'major' | 'critical' | 'blocker';

interface Issue {
  readonly description: string;
  readonly check_name: string;
  readonly fingerprint: string;
  readonly severity: GitlabSeverity;
  readonly location: { readonly path: string; readonly lines: { readonly begin: number } };
}

export const gitlabFormat: OutputFormat = {
  name: 'gitlab',
  description: 'code quality report of GitLab',
  render(report, options) {
    const sorted = byImportance(report.findings).slice(0, issuesMax);
    const fingerprints = new Map<string, number>();
    const issues = sorted.map((finding): Issue => {
      const fingerprint = nameText(finding.fingerprint);
      const count = (fingerprints.get(fingerprint) ?? 0) + 1;
      fingerprints.set(fingerprint, count);
      // GitLab shows one issue of each fingerprint.
      return issueOf(finding, {
        options,
        fingerprint: count === 1 ? fingerprint : `${fingerprint}-${count}`,
      });
    });
    return `${visibleJson(issues, 2)}\n`;
  },
};

interface IssueContext {
  readonly options: OutputOptions;
  readonly fingerprint: string;
}

function issueOf(finding: Finding, { options, fingerprint }: IssueContext): Issue {
  const { rule, client, message, hint, override } = finding;
  const { file, line } = placeOf(finding, options);
  const impact = impactText(finding);
  const sentences = [
    `${client === null ? '' : `${nameText(client)}: `}${sentence(messageText(message))}`,
    ...(impact === '' ? [] : [`Operations: ${impact}.`]),
    ...(hint === null ? [] : [sentence(messageText(hint))]),
    ...(override === null ? [] : [`Override: ${sentence(overrideText(override))}`]),
  ];
  return {
    description: sentences.join(' '),
    check_name: nameText(rule),
    fingerprint,
    severity: severityOf(finding),
    location: { path: nameText(file), lines: { begin: line } },
  };
}

function severityOf({ severity, stage, override, operations }: Finding): GitlabSeverity {
  if (override !== null) return 'info';
  switch (severity) {
    case 'error':
      return stage === 'parse' || stage === 'compose' || stage === 'contract' ? 'blocker' : 'critical';
    case 'warning':
      return operations.length > 0 ? 'major' : 'minor';
    case 'notice':
      return 'info';
  }
}

/**
 * Decides by the policy how severe each finding of the earlier stages is, and adds those of the policy itself.
 * docs/reference/checks-yaml.md has the table of what decides; `severity.ts` follows it.
 */

import type { ChecksPolicy } from '../../config/checks/checks-file.ts';
import type { OverrideEntry } from '../../config/checks/override-files.ts';
import { own } from '../../shared/records.ts';
import type { Finding } from '../report.ts';
import { deprecationFindings, type RemovedElement } from './deprecation.ts';
import { withOverrides } from './overrides.ts';
import { ownerFindings, type OwnedPart } from './owners.ts';
import { SeverityRules } from './severity.ts';
import type { PolicyClient } from './traffic.ts';

export interface PolicyInput {
  readonly policy: ChecksPolicy;
  readonly overrides: readonly OverrideEntry[];
  /** All clients, those without operations, too. */
  readonly clients: readonly PolicyClient[];
  /** Of the base: what the changed schema does not have any more. */
  readonly removedElements: readonly RemovedElement[];
  /** Subgraphs and clients, for the rules about owners. */
  readonly owned: readonly OwnedPart[];
  readonly now: Date;
}

/**
 * Findings whose severity is `off` are left out; those of the policy come last.
 *
 * @param findings With the severity that their stage proposes: in the stages `diff` and `impact` that is `error` for a
 *   breaking change, `warning` for a dangerous one, and `notice` for one that breaks nothing.
 */
export function applyPolicy(findings: readonly Finding[], input: PolicyInput): readonly Finding[] {
  const rules = new SeverityRules(input);
  const decided = findings.flatMap((finding) => {
    const { severity } = rules.decide(finding);
    return severity === 'off' ? [] : { ...finding, severity };
  });
  const added = [...deprecationFindings(input), ...ownerFindings(input)];
  const all = [...decided, ...configured(added, input)];
  const { findings: accepted, ofOverrides } = withOverrides(all, input);
  return [...accepted, ...configured(ofOverrides, input)];
}

/** With the severities of checks.yaml, which has one for each rule of the policy. */
function configured(findings: readonly Finding[], { policy }: PolicyInput): Finding[] {
  return findings.flatMap((finding) => {
    const severity = own(policy.severities, finding.rule) ?? finding.severity;
    return severity === 'off' ? [] : { ...finding, severity };
  });
}

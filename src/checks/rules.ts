/** What each rule of findings means, and how a schema can reach the same aim without breaking its clients. */

import { graphRules } from './rules/graph-rules.ts';
import { inputRules } from './rules/input-rules.ts';
import { outputRules } from './rules/output-rules.ts';
import { policyRules } from './rules/policy-rules.ts';
import type { RuleDescription } from './rules/rule-description.ts';

/** By the `rule` of a finding, which is also what `severities` of checks.yaml has. */
export const ruleDescriptions: ReadonlyMap<string, RuleDescription> = new Map([
  ...outputRules,
  ...inputRules,
  ...graphRules,
  ...policyRules,
]);

/** A rule that is not in the table, such as one of a newer version, is described by its name. */
export function describeRule(rule: string): RuleDescription {
  return (
    ruleDescriptions.get(rule) ?? {
      title: `Rule ${rule}`,
      description: 'The message of the finding says what was found.',
      wayOut: 'Change the schema as the message of the finding says.',
    }
  );
}

/** Tables of what a rule of lint finds in schemas. */

import { describe, expect, it } from 'vitest';

import { lintSubgraphs } from '../../../src/checks/lint/lint.ts';
import type { Finding } from '../../../src/checks/report.ts';
import { defaultChecksPolicy, type LintSettings } from '../../../src/config/checks/checks-file.ts';
import { lintRuleNames, type LintRule, type RuleSeverity } from '../../../src/config/checks/rules.ts';

/** A link to federation, on one line. */
export const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@inaccessible", "@interfaceObject", "@shareable", "@tag", "@listSize"])';

/** `found`: such as `a.graphql:2:3 Query.my_order`. */
export type LintRow = readonly [
  what: string,
  sdl: string | readonly string[],
  found: readonly string[],
  settings?: Partial<LintSettings>,
];

/** What a rule finds with every other one off. */
export function lintTable(rule: LintRule, rows: readonly LintRow[]): void {
  describe(`${rule}`, () => {
    it.each(rows.map(([what, ...rest]) => ({ what, rest })))(
      'with $what',
      ({ rest: [sdl, expected, settings] }) => {
        const findings = lint(sdl, { ...only(rule), ...settings });
        const found = findings.map(
          ({ location, coordinate }) =>
            `${location?.file}:${location?.line}:${location?.column} ${coordinate}`,
        );
        expect(found).toEqual(expected);
      },
    );
  });
}

/** Each text is a subgraph: `a` of the file `a.graphql`, `b` and so on. */
export function lint(
  sdls: string | readonly string[],
  settings: Partial<LintSettings> = {},
): readonly Finding[] {
  const subgraphs = [sdls].flat().map((sdl, index) => {
    const name = String.fromCharCode('a'.charCodeAt(0) + index);
    return { name, url: '', sdl, file: `${name}.graphql` };
  });
  return lintSubgraphs(subgraphs, { ...defaultChecksPolicy.lint, ...settings });
}

export function only(rule: LintRule): Pick<LintSettings, 'severities'> {
  return withSeverities((name) => (name === rule ? 'warning' : 'off'));
}

export function withSeverities(
  severityOf: (rule: LintRule) => RuleSeverity,
): Pick<LintSettings, 'severities'> {
  const severities = Object.fromEntries(lintRuleNames.map((rule) => [rule, severityOf(rule)]));
  return { severities: severities as Record<LintRule, RuleSeverity> };
}

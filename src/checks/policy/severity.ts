/** The severity of one finding, and which line of the table in docs/reference/checks-yaml.md decides it. */

import type { ChecksPolicy } from '../../config/checks/checks-file.ts';
import type { CheckRule, RuleSeverity } from '../../config/checks/rules.ts';
import { own } from '../../shared/records.ts';
import type { Finding, OperationImpact } from '../report.ts';
import { coversCoordinate } from './coordinates.ts';
import type { RemovedElement } from './deprecation.ts';
import { Traffic, type TrafficOptions } from './traffic.ts';

export interface SeverityDecision {
  readonly severity: RuleSeverity;
  /** What decided, for `--explain`: a sentence without its end mark. */
  readonly reason: string;
}

export interface SeverityOptions extends TrafficOptions {
  readonly policy: ChecksPolicy;
  readonly removedElements: readonly RemovedElement[];
}

export class SeverityRules {
  readonly #policy: ChecksPolicy;
  readonly #traffic: Traffic;
  readonly #removed: ReadonlySet<string>;

  constructor(options: SeverityOptions) {
    this.#policy = options.policy;
    this.#traffic = new Traffic(options);
    this.#removed = new Set(options.removedElements.map(({ coordinate }) => coordinate));
  }

  decide(finding: Finding): SeverityDecision {
    switch (finding.stage) {
      case 'parse':
      case 'compose':
        return this.#ofGraph(finding, 'What cannot be composed cannot be served');
      case 'lint':
        return { severity: finding.severity, reason: `checks.yaml: lint.${finding.rule}` };
      case 'contract':
        return this.#ofGraph(finding, 'A contract that does not hold cannot be served');
      case 'diff':
      case 'impact':
        return this.#ofChange(finding);
      case 'plan':
        return this.#ofPlan(finding);
      case 'policy':
        return this.#byRule(finding) ?? proposed(finding);
    }
  }

  #ofGraph(finding: Finding, reason: string): SeverityDecision {
    if (finding.severity === 'error') return { severity: 'error', reason };
    return this.#byRule(finding) ?? proposed(finding);
  }

  #ofPlan(finding: Finding): SeverityDecision {
    if (this.#isOfExcluded(finding)) return excluded(finding);
    const { operations } = finding;
    if (operations.length > 0 && !operations.some(({ operation }) => this.#traffic.counts(operation)))
      return this.#byKey('below-threshold', 'Only operations below the thresholds of traffic');
    return this.#byRule(finding) ?? proposed(finding);
  }

  #ofChange(finding: Finding): SeverityDecision {
    const strict = this.#strictPattern(finding);
    if (strict !== undefined) return { severity: 'error', reason: `checks.yaml: strict has ${strict}` };
    if (this.#isOfExcluded(finding)) return excluded(finding);
    if (finding.rule === 'unregistered-operation-broken') return this.#byRule(finding) ?? proposed(finding);
    const counted = finding.operations.filter(({ operation }) => this.#traffic.counts(operation));
    const broken = counted.filter(isBroken).length;
    if (broken > 0)
      return { severity: 'error', reason: `It breaks ${broken} operation${broken === 1 ? '' : 's'}` };
    const ofRule = this.#byRule(finding);
    if (ofRule) return ofRule;
    const affected = counted.filter(({ level }) => level === 'affected');
    if (affected.length > 0) return this.#ofAffected(affected);
    return this.#ofUnused(finding);
  }

  /** The highest severity among the reasons of all of them. */
  #ofAffected(operations: readonly OperationImpact[]): SeverityDecision {
    const keys = operations.flatMap(({ reasons }) =>
      reasons.length === 0 ? ['affected'] : reasons.map(({ code }) => code),
    );
    const decisions = keys.map((code) => {
      const key = this.#severityOf(code) ? code : valueCodes.has(code) ? 'values-unknown' : 'affected';
      return { key, severity: this.#severityOf(key) };
    });
    const [worst] = decisions.sort((a, b) => rankOf(a.severity) - rankOf(b.severity));
    const { key = 'affected', severity } = worst ?? {};
    const count = operations.length;
    return {
      severity: severity ?? 'warning',
      reason: `It affects ${count} operation${count === 1 ? '' : 's'}: severities.${key}`,
    };
  }

  #ofUnused(finding: Finding): SeverityDecision {
    if (finding.severity === 'notice') return proposed(finding);
    const isRare = finding.operations.some(({ level }) => level !== 'safe');
    if (isRare)
      return this.#byKey('below-threshold', 'Only operations below the thresholds of traffic use it');
    const kind = finding.severity === 'error' ? 'breaking' : 'dangerous';
    return this.#traffic.isKnown(finding.client)
      ? this.#byKey(`${kind}-unused`, 'No known operation uses it')
      : this.#byKey(`${kind}-without-usage`, 'No operations are known that would show whether it is used');
  }

  /** A breaking change of an element that a pattern covers, or the removal of the type of such an element. */
  #strictPattern({ severity, coordinate, rule }: Finding): string | undefined {
    if (coordinate === null) return undefined;
    if (severity !== 'error' && !this.#removed.has(coordinate)) return undefined;
    const isWhole = wholeRules.has(rule);
    return this.#policy.strict.find(
      (pattern) =>
        coversCoordinate(pattern, coordinate) || (isWhole && coversCoordinate(coordinate, pattern)),
    );
  }

  #isOfExcluded({ client }: Finding): boolean {
    return client !== null && this.#traffic.isExcluded(client);
  }

  #byRule({ rule }: Finding): SeverityDecision | undefined {
    const severity = this.#severityOf(rule);
    return severity ? { severity, reason: `severities.${rule}` } : undefined;
  }

  #byKey(key: CheckRule, reason: string): SeverityDecision {
    return { severity: this.#severityOf(key) ?? 'warning', reason: `${reason}: severities.${key}` };
  }

  #severityOf(rule: string): RuleSeverity | null {
    return own<RuleSeverity | null>(this.#policy.severities, rule) ?? null;
  }
}

/** Of an operation that is affected: whether it breaks depends on what it sends in variables. */
const valueCodes: ReadonlySet<string> = new Set([
  'enum-value-removed',
  'required-input-field-added',
  'input-field-removed',
  'input-field-type-changed',
  'input-field-became-non-null',
  'input-type-changed',
  'one-of-added',
]);

/** What was broken before is not broken by the change. */
function isBroken({ level, reasons }: OperationImpact): boolean {
  return level === 'broken' && !reasons.some(({ code }) => code === 'invalid-before');
}

/** Changes of all that is in an element. */
const wholeRules: ReadonlySet<string> = new Set([
  'type-removed',
  'type-kind-changed',
  'field-removed',
  'hidden-from-client',
]);

function excluded({ client, severity }: Finding): SeverityDecision {
  return {
    severity: severity === 'error' || severity === 'warning' ? 'notice' : severity,
    reason: `checks.yaml: excludedClients has ${client}`,
  };
}

function proposed({ severity }: Finding): SeverityDecision {
  return { severity, reason: 'By the kind of the finding' };
}

const ranks: ReadonlyMap<RuleSeverity | null, number> = new Map([
  ['error', 0],
  ['warning', 1],
  ['notice', 2],
  ['off', 3],
]);

function rankOf(severity: RuleSeverity | null): number {
  return ranks.get(severity) ?? ranks.size;
}

/** Findings and operations for tests of the policy. */

import { readChecksPolicy } from '../../../src/config/checks/checks-file.ts';
import { applyPolicy, type PolicyInput } from '../../../src/checks/policy/policy.ts';
import type { PolicyClient } from '../../../src/checks/policy/traffic.ts';
import type { Finding, OperationImpact } from '../../../src/checks/report.ts';

const now = new Date('2026-11-29T12:00:00Z');
const clients: readonly PolicyClient[] = [
  { name: 'web', owner: 'web-team', operations: 20, calls: 9900 },
  { name: 'partner', owner: 'partner-team', operations: 1, calls: 100 },
  { name: 'e2e', owner: 'web-team', operations: 5, calls: 0 },
  { name: 'mobile', owner: 'mobile-team', operations: 0, calls: 0 },
];

export function finding(change: Partial<Finding> = {}): Finding {
  return {
    rule: 'field-removed',
    fingerprint: '0123456789abcdef',
    stage: 'diff',
    severity: 'error',
    client: 'web',
    coordinate: 'Order.note',
    message: 'Order.note was removed',
    hint: null,
    location: null,
    operations: [],
    override: null,
    ...change,
  };
}

export interface Usage {
  readonly client?: string;
  readonly calls?: number | null;
  readonly lastSeenAt?: string | null;
  readonly file?: string | null;
  readonly level?: OperationImpact['level'];
  readonly codes?: readonly string[];
}

/** An operation that is known by usage alone, unless it has a file. */
export function operation(usage: Usage = {}): OperationImpact {
  const { client = 'web', calls = 100, lastSeenAt = '2026-11-28T00:00:00Z', file = null } = usage;
  const { level = 'broken', codes = ['field-removed'] } = usage;
  return {
    operation: { client, version: '1.0', name: 'Home', id: 'home', calls, lastSeenAt, file },
    level,
    reasons: codes.map((code) => ({
      code,
      level: level === 'broken' ? 'broken' : 'affected',
      coordinate: 'Order.note',
      message: 'It changed',
    })),
  };
}

/** @param yaml The text of a checks.yaml. */
export async function applied(
  findings: readonly Finding[],
  yaml = '',
  input: Partial<PolicyInput> = {},
): Promise<readonly Finding[]> {
  const policy = await readChecksPolicy(yaml, 'checks.yaml');
  const whole = { policy, overrides: [], clients, removedElements: [], owned: [], now, ...input };
  return applyPolicy(findings, whole);
}

/** Of one finding; `off` if it is left out. */
export async function severityOf(one: Finding, yaml = '', input: Partial<PolicyInput> = {}): Promise<string> {
  const [decided] = await applied([one], yaml, input);
  return decided?.severity ?? 'off';
}

export const affected = (...codes: string[]): OperationImpact => operation({ level: 'affected', codes });

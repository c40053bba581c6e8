/** Loads a policy module: its rules as trees, and its outline for the planner workers. */

import { reloadUserModule } from '../../config/user-module.ts';
import { didYouMean } from '../../config/yaml/suggest.ts';
import type { PolicyOutline, RuleOutline } from '../../pipeline/authorization.ts';
import { GatewayError } from '../../shared/errors.ts';
import { policyTools, type NamedPolicy } from './policy-module.ts';
import { outlineOf, readRule, type LeafRule, type RuleNode } from './rule-tree.ts';
import { isRecord } from '../../shared/records.ts';
import { errorText } from '../../shared/error-text.ts';

export interface LoadedPolicy {
  readonly outline: PolicyOutline;
  /** By rule number. */
  readonly rules: readonly RuleNode[];
  readonly named: ReadonlyMap<string, NamedPolicy>;
}

/**
 * Reloads the file if it has changed.
 *
 * @throws {GatewayError} `CONFIG_INVALID` naming the file and what is wrong with it.
 */
export async function loadPolicy(file: string): Promise<LoadedPolicy> {
  const { policy: createPolicy } = await reloadUserModule(file).catch((error: Error) => {
    throw invalidPolicy(file, `it ${error.message}`, error.cause);
  });
  if (typeof createPolicy !== 'function')
    throw invalidPolicy(file, 'it must export a function "policy" that returns the rules');
  let policy: unknown;
  try {
    policy = (createPolicy as (tools: typeof policyTools) => unknown)(policyTools);
  } catch (cause) {
    throw invalidPolicy(file, `its function "policy" fails: ${errorText(cause)}`, cause);
  }
  return readPolicy(file, policy);
}

/** @throws {GatewayError} `CONFIG_INVALID` */
export function readPolicy(file: string, policy: unknown): LoadedPolicy {
  if (isRecord(policy)) checkKeys(file, policy);
  if (!isRecord(policy) || !isRecord(policy.permissions))
    throw invalidPolicy(file, 'its function "policy" must return an object with "permissions"');
  const reader = new PolicyReader(file);
  const types = Object.entries(policy.permissions).map(
    ([type, fields]) => [type, reader.fields(type, fields)] as const,
  );
  const { fallbackRule = policyTools.deny, introspection = policyTools.allow } = policy;
  const named = namedPolicies(file, policy.policies);
  const outline: PolicyOutline = {
    file,
    types: Object.fromEntries(types),
    fallback: reader.rule('fallbackRule', fallbackRule === policyTools.deny ? defaultDeny : fallbackRule),
    introspection: reader.rule('introspection', introspection),
    named: [...named.keys()],
  };
  return { outline, rules: reader.rules, named };
}

/** The default fallback: denies like `deny`, but under a name that explains why the field is denied. */
const defaultDeny = policyTools.rule('fallbackRule (no rule names this field)', { cache: 'contextual' })(
  () => false,
);

const policyKeys = ['permissions', 'fallbackRule', 'introspection', 'policies'];

/** graphql-shield names some keys differently: ignoring an unknown key could open the whole graph, or close it. */
function checkKeys(file: string, policy: Readonly<Record<string, unknown>>): void {
  const unknown = Object.keys(policy).find((key) => !policyKeys.includes(key));
  if (unknown === undefined) return;
  const completed = policyKeys.find((key) => key.startsWith(unknown));
  const hint = completed === undefined ? didYouMean(unknown, policyKeys) : ` (did you mean "${completed}"?)`;
  throw invalidPolicy(
    file,
    `the object that its function "policy" returns has an unknown key "${unknown}"${hint}`,
  );
}

class PolicyReader {
  readonly rules: RuleNode[] = [];
  readonly #file: string;
  readonly #leaves = new Map<unknown, LeafRule>();
  readonly #numbers = new Map<unknown, number>();

  constructor(file: string) {
    this.#file = file;
  }

  fields(type: string, value: unknown): Record<string, RuleOutline | null> {
    if (readRule(value, this.#leaves)) return { '*': this.rule(type, value) };
    if (!isRecord(value))
      throw invalidPolicy(
        this.#file,
        `the value for type ${type} is neither a rule nor an object of rules by field`,
      );
    const fields = Object.entries(value).filter(([, rule]) => rule !== undefined);
    return Object.fromEntries(fields.map(([field, rule]) => [field, this.rule(`${type}.${field}`, rule)]));
  }

  rule(coordinate: string, value: unknown): RuleOutline | null {
    const node = readRule(value, this.#leaves);
    if (!node) throw invalidPolicy(this.#file, `the value for ${coordinate} is not a rule`);
    let number = this.#numbers.get(value);
    if (number === undefined) {
      number = this.rules.push(node) - 1;
      this.#numbers.set(value, number);
    }
    return outlineOf(node, number);
  }
}

function namedPolicies(file: string, value: unknown): Map<string, NamedPolicy> {
  if (value === undefined) return new Map();
  const entries = isRecord(value) ? Object.entries(value) : [];
  if (!isRecord(value) || !entries.every(([, decide]) => typeof decide === 'function')) {
    throw invalidPolicy(file, 'its "policies" must be an object of functions by policy name');
  }
  return new Map(entries as Array<[string, NamedPolicy]>);
}

function invalidPolicy(file: string, reason: string, cause?: unknown): GatewayError {
  return new GatewayError('CONFIG_INVALID', `policy ${file}: ${reason}`, { cause });
}

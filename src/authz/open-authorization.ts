/** Builds authorization as the configuration has it: what lasts, and what belongs to one graph. */

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { PolicyOutline } from '../pipeline/authorization.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';
import { openAuditFile } from './audit/audit-file.ts';
import { AuditLog } from './audit/audit-log.ts';
import type { WriteAudit } from './audit/audit-queue.ts';
import { Authorizer } from './authorizer.ts';
import { loadPolicy, type LoadedPolicy } from './policy/load-policy.ts';

export interface Authorization {
  /**
   * @param outline Of the policy that the graph's operations are prepared by; undefined: there is none.
   * @throws {GatewayError} `CONFIG_INVALID`
   */
  authorizerFor(outline: PolicyOutline | undefined): Promise<Authorizer>;
  close(): Promise<void>;
}

/**
 * @param write To an audit file that another process writes. Absent: this one does, where one is configured.
 * @throws {GatewayError} `CONFIG_INVALID` where that file cannot be written.
 */
export async function openAuthorization(
  { authorization, audit }: GatewayConfig,
  events: Events,
  write?: WriteAudit,
): Promise<Authorization> {
  const toFile = write ?? (await auditFileOf(audit));
  const log = new AuditLog({ config: audit, events, write: toFile, random: Math.random, now: Date.now });
  return {
    authorizerFor: async (outline) =>
      new Authorizer({
        policy: outline ? await policyAs(outline) : null,
        config: authorization,
        events,
        audit: log,
      }),
    close: () => log.close(),
  };
}

/** @returns undefined where none is configured. */
export async function auditFileOf({
  file,
  ...more
}: GatewayConfig['audit']): Promise<WriteAudit | undefined> {
  return file === undefined ? undefined : openAuditFile({ ...more, file });
}

/** The part of a graph that is its policy, as the configuration names it. */
export function policyOf({ authorization: { policy: file } }: GatewayConfig): {
  readonly policy?: { readonly file: string; readonly read: () => Promise<PolicyOutline> };
} {
  if (file === undefined) return {};
  return { policy: { file, read: async () => (await loadPolicy(file)).outline } };
}

/** Rules go by number, and another process may have read the file: both must have read the same. */
async function policyAs(outline: PolicyOutline): Promise<LoadedPolicy> {
  const policy = await loadPolicy(outline.file);
  if (JSON.stringify(policy.outline) === JSON.stringify(outline)) return policy;
  throw new GatewayError('CONFIG_INVALID', `policy ${outline.file}: it changed while it was loaded`);
}

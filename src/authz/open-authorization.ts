/** Builds authorization from the configuration: the audit log of the process, and an authorizer for each graph. */

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { PolicyOutline } from '../pipeline/authorization.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';
import { openAuditFile } from './audit/audit-file.ts';
import { AuditLog } from './audit/audit-log.ts';
import type { WriteAudit } from './audit/audit-queue.ts';
import { Authorizer } from './authorizer.ts';
import type { LoadedPolicy } from './policy/load-policy.ts';

export interface Authorization {
  /**
   * @param outline Of the policy that the graph's operations are prepared with. Undefined: no policy is configured.
   * @throws {GatewayError} `CONFIG_INVALID`
   */
  authorizerFor(outline: PolicyOutline | undefined): Promise<Authorizer>;
  close(): Promise<void>;
}

/**
 * @param write Hands records to the process that writes the audit file. Absent: this process writes it, if configured.
 * @throws {GatewayError} `CONFIG_INVALID` if the audit file cannot be written.
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
        policy: outline ? await loadMatchingPolicy(outline) : null,
        config: authorization,
        events,
        audit: log,
      }),
    close: () => log.close(),
  };
}

/** @returns Undefined if no audit file is configured. */
export async function auditFileOf({
  file,
  ...options
}: GatewayConfig['audit']): Promise<WriteAudit | undefined> {
  return file === undefined ? undefined : openAuditFile({ ...options, file });
}

/** The policy input of a graph; empty if the configuration names no policy file. */
export function policyOf({ authorization: { policy: file } }: GatewayConfig): {
  readonly policy?: { readonly file: string; readonly read: () => Promise<PolicyOutline> };
} {
  if (file === undefined) return {};
  return { policy: { file, read: async () => (await loadPolicy(file)).outline } };
}

/** Only a gateway with a policy loads the rule library. */
async function loadPolicy(file: string): Promise<LoadedPolicy> {
  const policies = await import('./policy/load-policy.ts');
  return policies.loadPolicy(file);
}

/** Rules are referred to by number, so this process must load the same policy as the one that made the outline. */
async function loadMatchingPolicy(outline: PolicyOutline): Promise<LoadedPolicy> {
  const policy = await loadPolicy(outline.file);
  if (JSON.stringify(policy.outline) === JSON.stringify(outline)) return policy;
  throw new GatewayError(
    'CONFIG_INVALID',
    `policy ${outline.file}: the file changed while it was being loaded; reload again`,
  );
}

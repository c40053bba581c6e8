/**
 * The schema of client.yaml: who owns a client, how it is recognized, and which part of the graph it sees.
 * docs/reference/client-yaml.md explains each option.
 */

import { createHash } from 'node:crypto';

import { z } from 'zod';

import { clientName, tierName } from '../gateway/auth-api-keys.ts';
import { clientLimitsSchema, type ClientLimitsConfig } from '../gateway/limits.ts';

/** Apollo's rule for the names of tags. */
export const tag = z.string().regex(/^[A-Za-z0-9/_-]{1,128}$/, 'expected letters, digits and /_-');

const host = z
  .string()
  .regex(/^[a-z0-9.-]{1,253}$|^\[[0-9a-f:]+\]$/, 'expected a host in lower case, without a port');

export const clientFileSchema = z.strictObject({
  /** The team to ask. */
  owner: z.string().min(1),
  identify: z
    .strictObject({
      /** Clients that API keys, access tokens and certificates name. Always includes the folder's own name. */
      credentials: z.array(clientName).default([]),
      /** Values of the host header, without a port. */
      hosts: z.array(host).default([]),
      /** Values of headers such as apollographql-client-name. Always includes the folder's own name. */
      names: z.array(clientName).default([]),
      /** Whether path, host and headers are enough. If not, only credentials prove the client. */
      public: z.boolean().default(false),
    })
    .prefault({}),
  contract: z
    .strictObject({
      /** Tags. Fields and unions without any of them are hidden. Empty: every field is visible. */
      include: z.array(tag).default([]),
      /** Tags. What has one of them is hidden, even if an included tag is there too. */
      exclude: z.array(tag).default([]),
      hideUnreachableTypes: z.boolean().default(true),
      /** `cascade` also hides what cannot do without a hidden element; `strict` refuses the contract instead. */
      mode: z.enum(['cascade', 'strict']).default('cascade'),
    })
    .prefault({}),
  /** Selects its limits. Default: the tier of the principal. */
  tier: tierName.optional(),
  limits: clientLimitsSchema.prefault({}),
  introspection: z.enum(['on', 'off']).default('on'),
  /** Objects and enum values in a list whose type or value is hidden: null with an error, or left out. */
  hiddenMembers: z.enum(['null', 'drop']).default('null'),
});

type ClientFile = z.output<typeof clientFileSchema>;

/** As `Contract` of pipeline/contract.ts. */
export interface ContractConfig extends Readonly<ClientFile['contract']> {
  /** SHA-256 of the rest, in hex. */
  readonly id: string;
  readonly introspection: boolean;
  readonly hiddenMembers: ClientFile['hiddenMembers'];
}

export interface ClientConfig extends Pick<ClientFile, 'owner' | 'identify'> {
  readonly name: string;
  readonly tier: string | null;
  readonly limits: ClientLimitsConfig;
  readonly contract: ContractConfig;
}

export function clientConfig(name: string, file: ClientFile): ClientConfig {
  const { owner, identify, tier = null, limits, introspection, hiddenMembers } = file;
  const contract = {
    include: sorted(file.contract.include),
    exclude: sorted(file.contract.exclude),
    hideUnreachableTypes: file.contract.hideUnreachableTypes,
    mode: file.contract.mode,
    introspection: introspection === 'on',
    hiddenMembers,
  };
  return { name, owner, identify, tier, limits, contract: { id: contractId(contract), ...contract } };
}

/** @param contract Without its id, its members in this order. */
export function contractId(contract: object): string {
  return createHash('sha256').update(JSON.stringify(contract)).digest('hex');
}

function sorted(tags: readonly string[]): string[] {
  return [...new Set(tags)].sort();
}

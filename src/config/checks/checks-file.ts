/**
 * The schema of `schemas/policy/checks.yaml`: what a schema check refuses, and how severe each of its findings is.
 * docs/reference/checks-yaml.md explains each option.
 */

import { z } from 'zod';

import { own } from '../../shared/records.ts';
import { tag } from '../client/client-file.ts';
import { clientName } from '../gateway/auth-api-keys.ts';
import { checkYaml } from '../yaml/file.ts';
import { assertSize } from './file-size.ts';
import {
  checkRules,
  lintRuleNames,
  lintRules,
  ruleSeverities,
  type CheckRule,
  type LintRule,
  type RuleSeverity,
} from './rules.ts';

const namesMax = 1000;
const daysMax = 3650;
const bytesMax = 256 * 1024;

const severity = z.enum(ruleSeverities);

const coordinatePattern = z
  .string()
  .max(400)
  .regex(
    /^[A-Za-z_]\w*(?:\.\*|\.[A-Za-z_]\w*(?:\([A-Za-z_]\w*:\))?)?$/,
    'expected Type, Type.*, Type.field or Type.field(argument:)',
  );
const graphqlName = z.string().regex(/^[A-Za-z_]\w{0,255}$/, 'expected a GraphQL name');
const owners = z.array(z.string().min(1)).max(namesMax);
const days = z.int().min(0).max(daysMax);
const calls = z.number().min(0);
const percent = z.number().min(0).max(100);

export const checksFileSchema = z.strictObject({
  /** Whether an element must be deprecated before it is removed, and for how long. */
  deprecation: z
    .strictObject({
      required: z.boolean().default(false),
      /** Since the date in the reason: `since 2026-09-01`. 0: no date is needed. */
      minimumAgeDays: days.default(0),
    })
    .prefault({}),
  /** Names that `@tag` may have. Default: any. */
  tags: z.strictObject({ allowed: z.array(tag).max(namesMax).optional() }).prefault({}),
  owners: z
    .strictObject({
      /** Of every subgraph. Clients always have one. */
      required: z.boolean().default(true),
      /** Of subgraphs and clients. Default: any. */
      allowed: owners.optional(),
    })
    .prefault({}),
  /** Severity by rule. */
  lint: rulesOf(lintRuleNames),
  lintOptions: z
    .strictObject({
      /** Arguments by which a client says how much of a list it wants. */
      paginationArguments: z
        .array(graphqlName)
        .max(namesMax)
        .default(['first', 'last', 'limit', 'take', 'pageSize', 'perPage']),
      /** The fields that need a description, besides types: none, those of the root types, or all. */
      describedFields: z.enum(['none', 'root', 'all']).default('root'),
      /** Coordinates that are not linted, with everything in them. */
      ignore: z.array(coordinatePattern).max(namesMax).default([]),
    })
    .prefault({}),
  /** Of operations that are known by recorded usage alone. */
  traffic: z
    .strictObject({
      minimumCalls: calls.default(0),
      /** Of the calls of all clients; of those of its own client as well. */
      minimumPercent: percent.default(0),
      perClient: z
        .record(
          clientName,
          z.strictObject({ minimumCalls: calls.optional(), minimumPercent: percent.optional() }),
        )
        .default({}),
      /** What was last seen longer ago does not count. */
      lastSeenDays: days.default(30),
    })
    .prefault({}),
  /** Their operations do not count, and what concerns them alone is a notice. */
  excludedClients: z.array(clientName).max(namesMax).default([]),
  /** Coordinates whose breaking change always fails, whoever uses them. */
  strict: z.array(coordinatePattern).max(namesMax).default([]),
  /** Severity by rule. */
  severities: rulesOf([...checkRules.keys()]),
  /** An operation is found whose plan grew by as much or more. */
  plans: z
    .strictObject({
      callsIncrease: z.int().min(1).default(1),
      wavesIncrease: z.int().min(1).default(1),
      costIncreasePercent: z.number().positive().default(50),
    })
    .prefault({}),
});

type ChecksFile = z.output<typeof checksFileSchema>;

export interface TrafficThresholds {
  readonly minimumCalls: number;
  readonly minimumPercent: number;
}

export interface ClientThresholds extends TrafficThresholds {
  readonly client: string;
}

/** The tags that a graph may have, what needs a date, and the rules of lint. */
export interface LintSettings extends Readonly<ChecksFile['lintOptions']> {
  readonly severities: Readonly<Record<LintRule, RuleSeverity>>;
  /** Null: any. */
  readonly allowedTags: readonly string[] | null;
  /** Whether the reason of a deprecation must have a date. */
  readonly deprecationDates: boolean;
}

/** JSON: it is sent to a worker thread. */
export interface ChecksPolicy extends Pick<
  ChecksFile,
  'deprecation' | 'excludedClients' | 'strict' | 'plans'
> {
  readonly owners: { readonly required: boolean; readonly allowed: readonly string[] | null };
  readonly lint: LintSettings;
  readonly traffic: TrafficThresholds & {
    readonly lastSeenDays: number;
    /** Complete: what a client does not say is that of all. */
    readonly perClient: readonly ClientThresholds[];
  };
  /** Null: by the operations that use the element. */
  readonly severities: Readonly<Record<CheckRule, RuleSeverity | null>>;
}

/**
 * The policy in the text of a checks.yaml, or the default where there is no such file.
 *
 * Variables of the environment are not replaced: the file may be a stranger's, and reports are published.
 *
 * @throws {GatewayError} `CONFIG_INVALID`, a line for each mistake with its position.
 */
export async function readChecksPolicy(text: string | null, displayName: string): Promise<ChecksPolicy> {
  if (text === null) return defaultChecksPolicy;
  assertSize(text, bytesMax, displayName);
  return checksPolicy(await checkYaml(text, checksFileSchema, { displayName, environment: {} }));
}

export const defaultChecksPolicy: ChecksPolicy = checksPolicy(checksFileSchema.parse({}));

function checksPolicy(file: ChecksFile): ChecksPolicy {
  const { deprecation, tags, owners: owned, lint, lintOptions, traffic, severities, ...rest } = file;
  const { perClient, ...general } = traffic;
  const { minimumCalls, minimumPercent } = general;
  return {
    ...rest,
    deprecation,
    owners: { required: owned.required, allowed: owned.allowed ?? null },
    lint: {
      ...lintOptions,
      severities: Object.fromEntries(
        lintRuleNames.map((rule) => [rule, own(lint, rule) ?? lintRules[rule]]),
      ) as Record<LintRule, RuleSeverity>,
      allowedTags: tags.allowed ?? null,
      deprecationDates: deprecation.required && deprecation.minimumAgeDays > 0,
    },
    traffic: {
      ...general,
      perClient: Object.entries(perClient).map(([client, thresholds]) => ({
        client,
        minimumCalls: thresholds.minimumCalls ?? minimumCalls,
        minimumPercent: thresholds.minimumPercent ?? minimumPercent,
      })),
    },
    severities: Object.fromEntries(
      [...checkRules].map(([rule, initial]) => [rule, own(severities, rule) ?? initial]),
    ) as Record<CheckRule, RuleSeverity | null>,
  };
}

function rulesOf(rules: readonly string[]) {
  return z.strictObject(Object.fromEntries(rules.map((rule) => [rule, severity.optional()]))).prefault({});
}

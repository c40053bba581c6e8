/**
 * What a schema check finds, from its first stage to its verdict. Everything here is JSON: reports cross threads, and
 * `docs/reference/check-report.schema.json` describes them to others.
 */

/** In the order in which they run. */
export const stageNames = [
  'parse',
  'lint',
  'compose',
  'contract',
  'diff',
  'impact',
  'plan',
  'policy',
] as const;

export type StageName = (typeof stageNames)[number];

/** An `error` fails the check. */
export type Severity = 'error' | 'warning' | 'notice';

/** A place in a file of the repository. */
export interface FileLocation {
  /** Relative to the root of the repository, with slashes. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** An operation that a client is known to send. */
export interface ClientOperation {
  readonly client: string;
  /** Of the client. Null: not known. */
  readonly version: string | null;
  /** Null: anonymous. */
  readonly name: string | null;
  /** By which its client names it, else SHA-256 of the document in hex. */
  readonly id: string;
  /** Text of a document whose only operation, or the one called `name`, is meant. */
  readonly document: string;
  /** In the time that recorded usage covers. Null: no usage is recorded. */
  readonly calls: number | null;
  /** ISO 8601. Null: no usage is recorded. */
  readonly lastSeenAt: string | null;
  /** Where it is registered. Null: it is known by recorded usage alone. */
  readonly file: string | null;
}

/**
 * What a change does to an operation. `broken`: the operation is refused, or its answer has another shape than its client
 * was written for. `affected`: the answer may differ, or it depends on what is not known, such as values of variables.
 * `safe`: neither, for all variables and data.
 */
export type ImpactLevel = 'broken' | 'affected' | 'safe';

/** Why an operation is broken or affected. */
export interface ImpactReason {
  /** In lower case with hyphens, such as `enum-value-added`. */
  readonly code: string;
  readonly level: Exclude<ImpactLevel, 'safe'>;
  /** What changed: `Type`, `Type.field`, `Type.field(argument:)`, `Input.field`, `Enum.VALUE`. Null: several things. */
  readonly coordinate: string | null;
  /** A sentence without its end mark, such as `Product.price became nullable`. */
  readonly message: string;
}

export interface OperationImpact {
  readonly operation: Omit<ClientOperation, 'document'>;
  readonly level: ImpactLevel;
  /** Empty: it is safe. */
  readonly reasons: readonly ImpactReason[];
}

/** Accepts one finding for a time. */
export interface Override {
  readonly fingerprint: string;
  readonly reason: string;
  readonly approver: string;
  /** ISO 8601 date: the last day on which it holds. */
  readonly expires: string;
  /** Relative to the root of the repository. */
  readonly file: string;
}

export interface Finding {
  /** In lower case with hyphens, such as `field-removed` or `lint-type-name`. Stable: others configure by it. */
  readonly rule: string;
  /** 16 hex digits, of what is found and not of where: it survives rebases and edits elsewhere. See `fingerprint.ts`. */
  readonly fingerprint: string;
  readonly stage: StageName;
  readonly severity: Severity;
  /** Whom it concerns. Null: everybody. */
  readonly client: string | null;
  /** See `ImpactReason`. Null: no single element. */
  readonly coordinate: string | null;
  /** One sentence, without its end mark, in the words of whom it concerns. */
  readonly message: string;
  /** What to do. Null: nothing but what the message says. */
  readonly hint: string | null;
  /** Of the definition in the changed schema; in the base where it was removed. Null: not known. */
  readonly location: FileLocation | null;
  /** Operations that are broken or affected by it, those called most first. */
  readonly operations: readonly OperationImpact[];
  /** Null: it counts. An overridden finding fails nothing. */
  readonly override: Override | null;
}

export interface StageResult {
  readonly name: StageName;
  /** Null: the stage is of all clients. */
  readonly client: string | null;
  /** `skipped`: a stage before it failed. */
  readonly status: 'passed' | 'failed' | 'skipped';
  readonly durationMs: number;
}

export interface ClientSummary {
  readonly name: string;
  /** The team to ask. */
  readonly owner: string;
  /** Of the schema that it sees. */
  readonly changes: { readonly breaking: number; readonly dangerous: number; readonly safe: number };
  readonly operations: {
    readonly broken: number;
    readonly affected: number;
    readonly safe: number;
    /** Refused before and after: no effect of the change. */
    readonly invalidBefore: number;
  };
}

/** `failed`: breaking changes or a policy. `invalid`: a graph that does not compose, or a contract that does not hold. */
export type Verdict = 'passed' | 'failed' | 'invalid';

export interface CheckReport {
  /** Of this format. It grows with changes that break readers. */
  readonly schemaVersion: 1;
  readonly verdict: Verdict;
  readonly base: StateSummary;
  readonly head: StateSummary;
  /** In the order in which they ran. */
  readonly stages: readonly StageResult[];
  /** By name. */
  readonly clients: readonly ClientSummary[];
  /** Errors first, then by stage, client and coordinate. */
  readonly findings: readonly Finding[];
}

export interface StateSummary {
  /** As a message names it: `origin/main (1a2b3c4)`, `working tree`, a folder, a file. */
  readonly label: string;
  readonly subgraphs: number;
  readonly operations: number;
}

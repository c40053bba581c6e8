/** What the audit log has of each decision. Types only. */

/** One authorization decision: who, what, by which rule, and why. */
export interface AuthorizationRecord {
  /** ISO 8601. */
  readonly time: string;
  readonly requestId: string;
  readonly subject: string | null;
  /** The recognized client; else the one that the credentials name. */
  readonly client: string | null;
  /** As the client states it. */
  readonly clientVersion: string | null;
  readonly provenBy: string;
  readonly operationName: string | null;
  /** SHA-256 of the document, in hex. Null: the request was refused before it was read. */
  readonly operationHash: string | null;
  /** Type.field, or a type. */
  readonly coordinates: readonly string[];
  /** Some of the paths in the answer. */
  readonly paths: readonly string[];
  readonly rule: string;
  readonly outcome: 'allow' | 'deny' | 'mask';
  readonly reason: string;
  /** False in a dry run: the client got the field nevertheless. */
  readonly enforced: boolean;
  /** Number of objects by outcome, if it depends on the object. */
  readonly objects?: { readonly allow: number; readonly deny: number; readonly mask: number };
  /** Those variables that the configuration lists. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

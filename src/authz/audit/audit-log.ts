/**
 * Records authorization decisions: one record per check and request. Denials and masks are always recorded, allowances
 * at the configured sample rate. Never a token or a claim; variables only if the configuration lists them.
 */

import { createHash } from 'node:crypto';

import type { GatewayConfig } from '../../config/gateway/gateway-config.ts';
import type { CheckSpec } from '../../pipeline/authorization.ts';
import type { PreparedOperation } from '../../pipeline/prepared.ts';
import type { Principal } from '../../pipeline/principal.ts';
import type { OperationLimited } from '../../pipeline/stages.ts';
import { cutText } from '../../shared/cut-text.ts';
import type { AuthorizationRecord } from '../../shared/authorization-record.ts';
import type { Events, GatewayEvents } from '../../shared/events.ts';
import { recordOf } from '../../shared/records.ts';
import { checkText } from '../check-text.ts';
import type { LoadedPolicy } from '../policy/load-policy.ts';
import { AuditQueue, type WriteAudit } from './audit-queue.ts';

/** Of a name chosen by the client, or a path of such names. */
const nameCharsMax = 256;
/** Of a variable's value, as JSON. */
const valueCharsMax = 1024;

export interface AuditEntry {
  readonly prepared: OperationLimited<{ readonly prepared: PreparedOperation }>;
  readonly principal: Principal;
  readonly check: CheckSpec;
  readonly policy: LoadedPolicy | null;
  readonly outcome: AuthorizationRecord['outcome'];
  readonly reason: string;
  readonly enforced: boolean;
  readonly objects?: AuthorizationRecord['objects'];
}

export interface AuditLogOptions {
  readonly config: GatewayConfig['audit'];
  readonly events: Events;
  /** Writes to the audit file. Absent: no file is configured. */
  readonly write?: WriteAudit | undefined;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class AuditLog {
  readonly #options: AuditLogOptions;
  readonly #queue: AuditQueue | null;
  /** By what belongs to one document alone. */
  readonly #hashes = new WeakMap<object, string>();

  constructor(options: AuditLogOptions) {
    const { config, events, write } = options;
    this.#options = options;
    events.on('clientMismatched', (event) => this.#writeMismatch(event));
    this.#queue = write ? new AuditQueue({ queueMax: config.queueMax, write, events }) : null;
  }

  write(entry: AuditEntry): void {
    const { config, random } = this.#options;
    const isSampled = entry.outcome !== 'allow' || (config.allowSample > 0 && random() < config.allowSample);
    if (!isSampled) return;
    this.#record(this.#recordOf(entry));
  }

  #writeMismatch({ requestId, principal, statements }: GatewayEvents['clientMismatched']): void {
    const record: AuthorizationRecord = {
      time: new Date(this.#options.now()).toISOString(),
      requestId,
      subject: principal.subject,
      client: principal.client,
      clientVersion: null,
      provenBy: principal.provenBy,
      operationName: null,
      operationHash: null,
      coordinates: [],
      paths: [],
      rule: 'client',
      outcome: 'deny',
      reason: statements.map(({ by, client }) => `${by} names ${client}`).join(', '),
      enforced: true,
    };
    this.#record(record);
  }

  #record(record: AuthorizationRecord): void {
    this.#options.events.emit('authorizationDecided', record);
    this.#queue?.append(JSON.stringify(record));
  }

  /** Resolves when all records are written. */
  async close(): Promise<void> {
    await this.#queue?.close();
  }

  #recordOf({ prepared, principal, check, policy, objects, ...decision }: AuditEntry): AuthorizationRecord {
    const { context, operation, variables, name: operationName, document } = prepared;
    const { request } = prepared.read;
    const listed = this.#options.config.variables.filter((name) => variables.has(name));
    return {
      time: new Date(this.#options.now()).toISOString(),
      requestId: context.requestId,
      subject: principal.subject,
      client: context.client.name ?? principal.client,
      clientVersion: context.client.version,
      provenBy: principal.provenBy,
      operationName: operationName === null ? null : cutText(operationName, nameCharsMax),
      operationHash: this.#hashOf(document ?? operation.prepared, request.query),
      coordinates: check.coordinates,
      paths: check.paths.map((path) => cutText(path.join('.'), nameCharsMax)),
      rule: checkText(check, policy),
      ...decision,
      ...(objects ? { objects } : {}),
      ...(listed.length > 0
        ? { variables: recordOf(listed.map((name) => [name, truncated(variables.get(name))])) }
        : {}),
    };
  }

  #hashOf(document: object, query: string): string {
    let hash = this.#hashes.get(document);
    if (hash === undefined) {
      hash = createHash('sha256').update(query).digest('hex');
      this.#hashes.set(document, hash);
    }
    return hash;
  }
}

/** A longer value is replaced by the beginning of its JSON text. */
function truncated(value: unknown): unknown {
  const text = JSON.stringify(value) ?? '';
  return text.length <= valueCharsMax ? value : cutText(text, valueCharsMax);
}

/** What the changes of a client's schema do to its operations, and which change does it. */

import { parse, type DocumentNode } from 'graphql';

import { errorText } from '../shared/error-text.ts';
import { tokensMax } from './operations/documents.ts';
import { OperationComparer, type OperationComparison } from './impact/comparer.ts';
import { Causes, type Unexplained } from './causes.ts';
import type { ComparedSchemas } from './client-views.ts';
import { invalidBefore } from './impact/reasons.ts';
import type { ChangeFinding } from './client-changes.ts';
import { mostCalledFirst } from './most-called.ts';
import { newFinding } from './new-finding.ts';
import type { ClientOperation, ClientSummary, FileLocation, Finding } from './report.ts';

export interface ClientSchemas extends ComparedSchemas {
  readonly client: string;
  readonly locationOf: (coordinate: string) => FileLocation | null;
  /** Keys of operations that were registered before. A new one that is invalid is a mistake of the change. */
  readonly registered: ReadonlySet<string>;
}

/** With the document: an id may be given to another one. */
export function operationKey({ client, version, id, name, document }: ClientOperation): string {
  return JSON.stringify([client, version, id, name, document]);
}

export interface Impacts {
  /** Those of the diff with the operations that they concern, and others for what no change of the diff explains. */
  readonly findings: readonly Finding[];
  readonly counts: ClientSummary['operations'];
  /** Valid in both states, and what they use. */
  readonly compared: ReadonlyArray<{
    readonly operation: ClientOperation;
    readonly coordinates: ReadonlySet<string>;
  }>;
}

/** The rule of an operation that the change registers although it is invalid. */
const invalidAndNew = 'operation-invalid';

/** @param changes Of the client's schema. */
export function operationImpacts(
  schemas: ClientSchemas,
  operations: readonly ClientOperation[],
  changes: readonly ChangeFinding[],
): Impacts {
  const { base, head, answeredBy } = schemas;
  const comparer = new OperationComparer(base, head);
  const ofKnown = answeredBy === base ? comparer : new OperationComparer(answeredBy, head);
  const counts = { broken: 0, affected: 0, safe: 0, invalidBefore: 0 };
  const causes = new Causes(changes);
  const compared: Array<Impacts['compared'][number]> = [];
  for (const whole of operations) {
    const { document: text, ...operation } = whole;
    // Recorded usage has no state before.
    const isNew = whole.file !== null && !schemas.registered.has(operationKey(whole));
    const {
      level,
      reasons,
      coordinates: used,
    } = comparison(isNew ? comparer : ofKnown, text, operation.name);
    if (level !== 'broken') compared.push({ operation: whole, coordinates: used });
    const isInvalid = reasons.some(({ code }) => code === invalidBefore);
    if (isInvalid && !isNew) counts.invalidBefore += 1;
    else counts[level] += 1;
    causes.add(
      operation,
      isInvalid && isNew ? reasons.map((reason) => ({ ...reason, code: invalidAndNew })) : reasons,
    );
  }
  const others = causes.unexplained.map((cause) => ownFinding(schemas, cause));
  return { findings: [...causes.findings, ...others], counts, compared };
}

export function comparison(
  comparer: OperationComparer,
  text: string,
  name: string | null,
): OperationComparison {
  let document: DocumentNode;
  try {
    document = parse(text, { maxTokens: tokensMax });
  } catch (error) {
    return {
      level: 'broken',
      reasons: [{ code: invalidBefore, level: 'broken', coordinate: null, message: errorText(error) }],
      coordinates: new Set(),
    };
  }
  return comparer.compare(document, name);
}

function ownFinding({ client, locationOf }: ClientSchemas, { reason, impacts }: Unexplained): Finding {
  const { code, coordinate, member } = reason;
  const isBroken = impacts.some(({ level }) => level === 'broken') && code !== invalidBefore;
  // Those of other operations may name other fields.
  const [first = ''] = impacts.flatMap(({ reasons }) => reasons.map(({ message }) => message)).toSorted();
  const message = code === invalidBefore ? 'Operations that were invalid before, and are not checked' : first;
  return newFinding({
    rule: code === invalidBefore ? 'operation-invalid-before' : code,
    stage: 'impact',
    severity: isBroken ? 'error' : 'warning',
    client,
    coordinate,
    message,
    details: coordinate === null ? [message] : member === undefined ? [] : [member],
    location: coordinate === null ? null : locationOf(coordinate),
    operations: mostCalledFirst(impacts),
  });
}

/** What the changes of a client's schema do to its operations, and which change does it. */

import { parse, type DocumentNode, type GraphQLSchema } from 'graphql';

import { errorText } from '../shared/error-text.ts';
import { tokensMax } from './operations/documents.ts';
import { OperationComparer, type OperationComparison } from './impact/comparer.ts';
import { newFinding } from './new-finding.ts';
import type {
  ClientOperation,
  ClientSummary,
  FileLocation,
  Finding,
  ImpactLevel,
  ImpactReason,
  OperationImpact,
} from './report.ts';

export interface ClientSchemas {
  readonly client: string;
  readonly base: GraphQLSchema;
  readonly head: GraphQLSchema;
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

/** The reason of an operation that was invalid before, too. */
export const invalidBefore = 'invalid-before';
/** The rule of an operation that the change registers although it is invalid. */
const invalidAndNew = 'operation-invalid';

/** @param changes Of the client's schema. */
export function operationImpacts(
  schemas: ClientSchemas,
  operations: readonly ClientOperation[],
  changes: readonly Finding[],
): Impacts {
  const comparer = new OperationComparer(schemas.base, schemas.head);
  const counts = { broken: 0, affected: 0, safe: 0, invalidBefore: 0 };
  const byChange = new Map<string, OperationImpact[]>();
  const unexplained = new Map<
    string,
    { readonly reason: ImpactReason; readonly impacts: OperationImpact[] }
  >();
  const coordinates = new Set(changes.flatMap(({ coordinate }) => coordinate ?? []));
  const compared: Array<Impacts['compared'][number]> = [];
  for (const whole of operations) {
    const { document: text, ...operation } = whole;
    const { level, reasons, coordinates: used } = comparison(comparer, text, operation.name);
    if (level !== 'broken') compared.push({ operation: whole, coordinates: used });
    const isInvalid = reasons.some(({ code }) => code === invalidBefore);
    // Recorded usage has no state before.
    const isNew = whole.file !== null && !schemas.registered.has(operationKey(whole));
    if (isInvalid && !isNew) counts.invalidBefore += 1;
    else counts[level] += 1;
    for (const [coordinate, own] of Map.groupBy(reasons, (reason) => reason.coordinate)) {
      if (coordinate !== null && coordinates.has(coordinate)) {
        push(byChange, coordinate, { operation, level: worstOf(own), reasons: own });
        continue;
      }
      for (const reason of own) {
        const code = isInvalid && isNew ? invalidAndNew : reason.code;
        const key = JSON.stringify([code, reason.coordinate, code === invalidAndNew ? reason.message : '']);
        const impacts = unexplained.get(key)?.impacts ?? [];
        impacts.push({ operation, level: reason.level, reasons: [{ ...reason, code }] });
        unexplained.set(key, { reason: { ...reason, code }, impacts });
      }
    }
  }
  const concerned = changes.map((change) => {
    const impacts = change.coordinate === null ? [] : (byChange.get(change.coordinate) ?? []);
    return { ...change, operations: mostCalledFirst(impacts) };
  });
  const others = [...unexplained.values()].map(({ reason, impacts }) => ownFinding(schemas, reason, impacts));
  return { findings: [...concerned, ...others], counts, compared };
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

function ownFinding(
  { client, locationOf }: ClientSchemas,
  reason: ImpactReason,
  impacts: readonly OperationImpact[],
): Finding {
  const { code, coordinate, message } = reason;
  const isBroken = impacts.some(({ level }) => level === 'broken') && code !== invalidBefore;
  return newFinding({
    rule: code === invalidBefore ? 'operation-invalid-before' : code,
    stage: 'impact',
    severity: isBroken ? 'error' : 'warning',
    client,
    coordinate,
    message: code === invalidBefore ? 'Operations that were invalid before, and are not checked' : message,
    location: coordinate === null ? null : locationOf(coordinate),
    operations: mostCalledFirst(impacts),
  });
}

function worstOf(reasons: readonly ImpactReason[]): ImpactLevel {
  return reasons.some(({ level }) => level === 'broken') ? 'broken' : 'affected';
}

export function mostCalledFirst(impacts: readonly OperationImpact[]): OperationImpact[] {
  return impacts.toSorted((one, other) => {
    const byLevel = Number(other.level === 'broken') - Number(one.level === 'broken');
    return byLevel || (other.operation.calls ?? 0) - (one.operation.calls ?? 0);
  });
}

function push<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}

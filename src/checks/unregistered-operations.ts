/** Operations that a change both breaks and no longer registers: clients in use may still send them. */

import type { GraphQLSchema } from 'graphql';

import { OperationComparer } from './impact/comparer.ts';
import { newFinding } from './new-finding.ts';
import { mostCalledFirst } from './most-called.ts';
import { invalidBefore, withoutMember } from './impact/reasons.ts';
import { comparison, operationKey } from './operation-impacts.ts';
import type { ClientOperation, Finding, OperationImpact } from './report.ts';

export interface RegisteredOperations {
  readonly client: string;
  /** As the client sees it. */
  readonly schemas: { readonly base: GraphQLSchema; readonly head: GraphQLSchema };
  readonly base: readonly ClientOperation[];
  readonly head: readonly ClientOperation[];
}

/** @returns One finding at most. */
export function unregisteredOperations({ client, schemas, base, head }: RegisteredOperations): Finding[] {
  const remaining = new Set(head.map(operationKey));
  const comparer = new OperationComparer(schemas.base, schemas.head);
  const broken: OperationImpact[] = [];
  for (const whole of base) {
    if (remaining.has(operationKey(whole))) continue;
    const { document, ...operation } = whole;
    const { level, reasons } = comparison(comparer, document, operation.name);
    if (level !== 'broken' || reasons.some(({ code }) => code === invalidBefore)) continue;
    broken.push({ operation, level, reasons: reasons.map(withoutMember) });
  }
  if (broken.length === 0) return [];
  const count = broken.length === 1 ? 'an operation' : `${broken.length} operations`;
  return [
    newFinding({
      rule: 'unregistered-operation-broken',
      stage: 'impact',
      severity: 'warning',
      client,
      message: `The change breaks ${count} of ${client} that it no longer registers: released versions may still send ${broken.length === 1 ? 'it' : 'them'}`,
      details: broken.map(({ operation }) => JSON.stringify([operation.version, operation.id])).toSorted(),
      operations: mostCalledFirst(broken),
    }),
  ];
}

/**
 * What a change of a client's schema does to one operation.
 *
 * `safe` is a promise: for all variables that the base accepts and all data that it could return, the operation is answered
 * the same. What cannot be decided is `affected`.
 */

import { Kind, type ASTNode, type DocumentNode, type GraphQLSchema } from 'graphql';

import type { ImpactLevel } from '../report.ts';
import { FieldChangesByType } from './field-changes.ts';
import { InputTypes } from './input-types.ts';
import { introspectionDiffers } from './introspection.ts';
import { isTooDeep } from './nesting.ts';
import { affected, asAffected, broken, Reasons, type MemberReason } from './reasons.ts';
import { RuntimeTypeSets } from './runtime-types.ts';
import { errorsMax, errorsUnder, type InvalidOperation } from './validation.ts';
import { walkOperation, type SchemaPair, type WalkResult } from './walk.ts';

export interface OperationComparison {
  readonly level: ImpactLevel;
  /** Those that break first. Empty: it is safe. */
  readonly reasons: readonly MemberReason[];
  /**
   * What it uses under the base: `Type`, `Type.field`, `Type.field(argument:)`, `Input.field`, `Enum.VALUE`, and all that
   * its variables may be made of. As it is written: fields of an interface are not those of what implements it.
   */
  readonly coordinates: ReadonlySet<string>;
}

/** Compares operations under two schemas; what it finds out about their types serves all of them. */
export class OperationComparer {
  readonly #pair: SchemaPair;

  /** @param base Both must be valid schemas: `compare` throws an error of graphql-js otherwise. */
  constructor(base: GraphQLSchema, head: GraphQLSchema) {
    const sets = new RuntimeTypeSets(base, head);
    const inputTypes = new InputTypes(base, head);
    let changed: boolean | null = null;
    this.#pair = {
      base,
      head,
      sets,
      inputTypes,
      fieldChanges: new FieldChangesByType({ base, head, sets, inputTypes }),
      introspectionChanged: () => (changed ??= introspectionDiffers(base, head)),
    };
  }

  /** @param operationName Null: the document has one operation. */
  compare(document: DocumentNode, operationName: string | null): OperationComparison {
    if (isTooDeep(document)) return notCompared('The operation is nested too deeply to compare');
    try {
      return this.#compare(document, operationName);
    } catch (error) {
      // Validation recurses along chains of fragments.
      if (error instanceof RangeError) return notCompared('The operation is too large to compare');
      throw error;
    }
  }

  #compare(document: DocumentNode, operationName: string | null): OperationComparison {
    const { base, head } = this.#pair;
    const operations = document.definitions.filter(
      (definition) => definition.kind === Kind.OPERATION_DEFINITION,
    );
    const operation =
      operationName === null && operations.length === 1
        ? operations[0]
        : operations.find(({ name }) => operationName !== null && name?.value === operationName);
    if (!operation) {
      const message = 'The document has no such operation, before or after';
      return { level: 'broken', reasons: [broken('invalid-before', null, message)], coordinates: new Set() };
    }
    const walk = walkOperation(this.#pair, document, operation);
    const errors = errorsUnder(head, document, operation);
    const before = base === head ? errors : errorsUnder(base, document, operation);
    const reasons = new Reasons();
    if (before.length > 0) reasons.add(invalidBefore(before, errors));
    else {
      const others = errors.length === 0 ? [] : operations.filter((other) => other !== operation);
      const walks = [walk, ...others.map((other) => walkOperation(this.#pair, document, other))];
      addErrors(errors, walks, reasons);
      reasons.addAll(walk.reasons.list());
    }
    return { level: reasons.level, reasons: reasons.list(), coordinates: walk.coordinates };
  }
}

function notCompared(message: string): OperationComparison {
  const reasons = [affected('not-compared', null, message)];
  return { level: 'affected', reasons, coordinates: new Set() };
}

function invalidBefore(
  before: readonly InvalidOperation[],
  after: readonly InvalidOperation[],
): MemberReason {
  const text = before[0]?.message ?? '';
  return after.length > 0
    ? broken('invalid-before', null, `The operation is invalid, before and after: ${text}`)
    : affected('valid-now', null, `The operation was invalid and is valid now: ${text}`);
}

/** Each error by the reasons for it, where the walk met them, else as validation says it. */
function addErrors(
  errors: readonly InvalidOperation[],
  walks: readonly WalkResult[],
  reasons: Reasons,
): void {
  const nodes = new Set(errors.flatMap((error) => error.nodes));
  const explained = new Set<ASTNode>();
  for (const walk of walks) {
    for (const [node, refusals] of walk.refusals) {
      explained.add(node);
      if (nodes.has(node) || errors.length > errorsMax) reasons.addAll(refusals);
      // What validation accepts by the interface may fail for an object type.
      else if (walk === walks[0]) reasons.addAll(refusals.map(asAffected));
    }
  }
  for (const error of errors) {
    if (error.nodes.some((node) => explained.has(node))) continue;
    reasons.add(broken('operation-invalid', null, error.message));
  }
}

/** The selections of fields with limits of their own, listed for each operation with the arguments that keys need. */

import {
  isAbstractType,
  isObjectType,
  isUnionType,
  type GraphQLCompositeType,
  type GraphQLSchema,
} from 'graphql';

import { isArgumentPart } from '../../config/gateway/limit-texts.ts';
import type { Clause } from '../../pipeline/clause.ts';
import type { LimitedField } from '../../pipeline/prepared.ts';
import { GatewayError } from '../../shared/errors.ts';
import { anyOf } from '../collect-fields.ts';
import { fieldVisits, type VisitedOperation } from '../field-visits.ts';
import { argumentSpecs } from '../protection/argument-spec.ts';
import type { RateLimit } from '../worker-protocol.ts';
import { argumentProblem, fieldProblem } from './key-arguments.ts';

/** What limits of the configuration go by. */
export interface LimitedFieldNames {
  /** Type.field: selections that are counted, or whose arguments are part of a key. */
  readonly fields: readonly string[];
  /** `args.<Type.field>.<argument>`, perhaps with input fields below the argument. */
  readonly arguments: readonly string[];
}

/**
 * @returns null where no field is limited.
 * @throws {GatewayError} `CONFIG_INVALID` with every name that is not in the graph, one a line.
 */
export function limitedFieldsOf(
  schema: GraphQLSchema,
  names: LimitedFieldNames | null,
  rateLimits: readonly RateLimit[],
): LimitedFields | null {
  if (names) assertInGraph(schema, names);
  const fields = [...(names?.fields ?? []), ...rateLimits.map(({ coordinate }) => coordinate)];
  const keys = [
    ...(names?.arguments ?? []),
    ...rateLimits.flatMap(({ key }) => key?.filter(isArgumentPart) ?? []),
  ];
  return fields.length === 0 ? null : new LimitedFields(schema, { fields, arguments: keys });
}

/** A limit on a mistyped field would silently limit nothing. */
function assertInGraph(schema: GraphQLSchema, names: LimitedFieldNames): void {
  const problems = [
    ...names.fields.map((coordinate) => {
      const [type = '', field = ''] = coordinate.split('.');
      return fieldProblem(schema, type, field);
    }),
    ...names.arguments.map((part) => argumentProblem(schema, part)),
  ].filter((problem) => problem !== undefined);
  if (problems.length === 0) return;
  const lines = [...new Set(problems)].map((problem) => `limits of gateway.yaml: ${problem}`);
  throw new GatewayError('CONFIG_INVALID', lines.join('\n'));
}

export class LimitedFields {
  readonly #schema: GraphQLSchema;
  /** By name of the field: its limited coordinates. */
  readonly #coordinates = new Map<string, Set<string>>();
  /** By coordinate: names of arguments. */
  readonly #arguments = new Map<string, Set<string>>();
  /** By type and field. */
  readonly #matches = new Map<string, readonly string[]>();

  constructor(schema: GraphQLSchema, names: LimitedFieldNames) {
    this.#schema = schema;
    for (const coordinate of names.fields)
      addTo(this.#coordinates, coordinate.split('.')[1] ?? '', coordinate);
    for (const part of names.arguments) {
      const [, type = '', field = '', argument = ''] = part.split('.');
      addTo(this.#arguments, `${type}.${field}`, argument);
    }
  }

  /** One for each response name; never one for each element of a list. */
  selectionsIn(operation: VisitedOperation): LimitedField[] {
    const found = new Map<string, Omit<LimitedField, 'when'> & { readonly clauses: Clause[] }>();
    for (const { node, type, clause, path } of fieldVisits(operation)) {
      const name = node.name.value;
      if (!this.#coordinates.has(name)) continue;
      for (const coordinate of this.#matching(type, name)) {
        const field = { coordinate, arguments: this.#argumentsOf(coordinate, type, node) };
        const key = `${path} ${JSON.stringify(field)}`;
        const known = found.get(key);
        if (known) known.clauses.push(clause);
        else found.set(key, { ...field, clauses: [clause] });
      }
    }
    return [...found.values()].map(({ clauses, ...field }) => {
      const when = anyOf(clauses);
      return when ? { ...field, when } : field;
    });
  }

  /** Limits on this type, on its interfaces and on its members: whatever the field may turn out to be. */
  #matching(type: GraphQLCompositeType, field: string): readonly string[] {
    const key = `${type.name}.${field}`;
    let matches = this.#matches.get(key);
    if (!matches) {
      const possible = this.#possible(type.name);
      matches = [...(this.#coordinates.get(field) ?? [])].filter((coordinate) =>
        this.#possible(coordinate.split('.')[0] ?? '').some((name) => possible.includes(name)),
      );
      this.#matches.set(key, matches);
    }
    return matches;
  }

  #possible(name: string): string[] {
    const type = this.#schema.getType(name);
    if (isObjectType(type)) return [name];
    return isAbstractType(type) ? this.#schema.getPossibleTypes(type).map((member) => member.name) : [];
  }

  #argumentsOf(
    coordinate: string,
    { name }: GraphQLCompositeType,
    node: Parameters<typeof argumentSpecs>[1] & { readonly name: { readonly value: string } },
  ): LimitedField['arguments'] {
    const needed = this.#arguments.get(coordinate);
    const type = needed && this.#schema.getType(name);
    if (!type || !('getFields' in type) || isUnionType(type)) return [];
    const field = type.getFields()[node.name.value];
    const declared = field && 'args' in field ? field.args : [];
    return argumentSpecs(
      declared.filter((argument) => needed.has(argument.name)),
      node,
    );
  }
}

function addTo(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key);
  if (set) set.add(value);
  else sets.set(key, new Set([value]));
}

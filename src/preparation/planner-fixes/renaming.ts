/**
 * Renames some response names of a client's operation for planning and fetching.
 *
 * The planner builds representations by response name: it would send the value of an alias that equals a key or required
 * field, and mix a client's arguments with those of a `@requires`. It also merges by response name across type conditions,
 * so below `...on Essay{writer{label:name}}...on Notice{writer{label:secret}}` one of the two fields would answer for
 * both. Therefore each signature (a field with its arguments) gets a unique name. Names of `Object.prototype` must not
 * become keys of merged data either. `from` in the projection maps back to the client's names.
 */

import {
  isInputObjectType,
  Kind,
  parse,
  visit,
  type FieldNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type VariableNode,
} from 'graphql';

import { responseName } from '../../shared/selections.ts';
import { fieldSignature } from '../field-call.ts';
import { mapSelections } from '../selection-walk.ts';
import type { JoinSpec } from '../supergraph/join-spec.ts';
import { selectionSetOf } from '../supergraph/requirements.ts';

export interface RenamedNames {
  /** Explicit aliases that are renamed. */
  readonly aliases: ReadonlySet<string>;
  /** Response names that are always renamed, aliased or not. */
  readonly always: ReadonlySet<string>;
  /** Fields that are required without arguments: one with arguments has another value, and is renamed. */
  readonly requiredPlain: ReadonlySet<string>;
  /** Key fields with the same type everywhere: they keep their name, so that fetched keys are reused. */
  readonly keys: ReadonlySet<string>;
  /** No field name of the supergraph begins with it. */
  readonly prefix: string;
}

export function renamedNames(supergraph: GraphQLSchema, joins: JoinSpec): RenamedNames {
  const fieldNames = new Set<string>(['__typename', '__schema', '__type', '_entities', '_service']);
  for (const type of Object.values(supergraph.getTypeMap())) {
    if ('getFields' in type) for (const name of Object.keys(type.getFields())) fieldNames.add(name);
  }
  const always = new Set(Object.getOwnPropertyNames(Object.prototype));
  const requiredPlain = new Set<string>();
  for (const { requires } of joins.requirements()) {
    visit(parse(`{ ${requires} }`), {
      Field: ({ name, arguments: given }) => void (given?.length ? always : requiredPlain).add(name.value),
    });
  }
  let prefix = '_t';
  while ([...fieldNames].some((name) => name.startsWith(prefix))) prefix += '_';
  const keys = keyNames(supergraph, joins);
  for (const name of always) keys.delete(name);
  return { aliases: fieldNames, always, requiredPlain, keys, prefix };
}

/** Without fields that have arguments or differ in type: they cannot always be merged. */
function keyNames(supergraph: GraphQLSchema, joins: JoinSpec): Set<string> {
  const names = new Set<string>();
  const types = new Map<string, string>();
  for (const key of joins.keys()) {
    for (const selection of selectionSetOf(key).selections) {
      if (selection.kind === Kind.FIELD && !selection.selectionSet) names.add(selection.name.value);
    }
  }
  for (const type of Object.values(supergraph.getTypeMap())) {
    if (!('getFields' in type) || isInputObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (!names.has(field.name)) continue;
      const text = String(field.type);
      if (field.args.length > 0 || (types.get(field.name) ?? text) !== text) names.delete(field.name);
      types.set(field.name, text);
    }
  }
  return names;
}

/** The response name of `field` in the merged data. */
export type InternalName = (field: FieldNode) => string;

/** Variables that the planner adds to fetches: representations and context arguments. */
const plannerVariable = /^(representations$|contextualArgument_)/;

/** Renames the parts of one operation consistently. */
export class Renamer {
  readonly #names: RenamedNames;
  /** Internal names by response name, then by call. */
  readonly #internal = new Map<string, Map<string, string>>();
  #count = 0;

  constructor(names: RenamedNames) {
    this.#names = names;
  }

  readonly nameOf: InternalName = (field) => {
    if (field.name.value === '__typename') return '__typename';
    const { aliases, always, requiredPlain, keys, prefix } = this.#names;
    if (keys.has(field.name.value)) return field.name.value;
    const name = responseName(field);
    const aliased = field.alias !== undefined && name !== field.name.value;
    const clashes =
      always.has(name) ||
      (requiredPlain.has(name) && Boolean(field.arguments?.length)) ||
      (aliased && (aliases.has(name) || name.startsWith(prefix)));
    const internalNames = this.#internal.get(name) ?? new Map<string, string>();
    if (internalNames.size === 0) this.#internal.set(name, internalNames);
    const signature = fieldSignature(field);
    let internal = internalNames.get(signature);
    if (internal === undefined) {
      internal = clashes || internalNames.size > 0 ? `${prefix}${this.#count++}` : name;
      internalNames.set(signature, internal);
    }
    return internal;
  };

  /** The client's name of a variable of the renamed document. */
  variableOf(internal: string): string {
    const prefix = this.#variablePrefix;
    return internal.startsWith(prefix) ? internal.slice(prefix.length) : internal;
  }

  /** Services keep variables in plain objects, as graphql-js does, where `$__proto__` would set the prototype. */
  #internalVariable(name: string): string {
    const prefix = this.#variablePrefix;
    const isReserved = plannerVariable.test(name) || name.startsWith(prefix) || name in Object.prototype;
    return isReserved ? `${prefix}${name}` : name;
  }

  /** @param operation Without spreads. */
  rename(operation: OperationDefinitionNode): OperationDefinitionNode {
    const selectionSet = mapSelections(operation.selectionSet, (selection) =>
      selection.kind === Kind.FIELD ? this.#renamedField(selection) : selection,
    );
    const renamed = { ...operation, selectionSet };
    const isPlain = (operation.variableDefinitions ?? []).every(
      ({ variable }) => this.#internalVariable(variable.name.value) === variable.name.value,
    );
    if (isPlain) return renamed;
    return visit(renamed, {
      Variable: (variable): VariableNode | undefined => {
        const value = this.#internalVariable(variable.name.value);
        return value === variable.name.value ? undefined : { ...variable, name: { kind: Kind.NAME, value } };
      },
    });
  }

  #renamedField(field: FieldNode): FieldNode {
    if (field.name.value === '__typename') {
      // The projection reads `__typename` from the data: an alias or a condition would hide it.
      return field.alias || field.directives?.length ? { kind: Kind.FIELD, name: field.name } : field;
    }
    const internal = this.nameOf(field);
    if (internal === responseName(field)) return field;
    const { alias: _, ...unaliased } = field;
    return internal === field.name.value
      ? unaliased
      : { ...field, alias: { kind: Kind.NAME, value: internal } };
  }

  get #variablePrefix(): string {
    return `${this.#names.prefix}_`;
  }
}

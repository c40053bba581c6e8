/**
 * Reads `@cost` and `@listSize` of a supergraph, by the names that it imports them under.
 *
 * @see https://ibm.github.io/graphql-specs/cost-spec.html
 * @see https://specs.apollo.dev/cost/v0.1
 */

import {
  isTypeDefinitionNode,
  Kind,
  type ConstArgumentNode,
  type ConstDirectiveNode,
  type ConstValueNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
} from 'graphql';

import { GatewayError } from '../../shared/errors.ts';
import { withOwnNames } from '../supergraph/executable-directives.ts';
import { directiveName } from '../supergraph/features.ts';
import { selectionSetOf } from '../supergraph/requirements.ts';

export interface CostDirectives {
  /** Of `@cost`, by coordinate: Type, Type.field, Type.field(argument:), @directive(argument:). */
  readonly weights: ReadonlyMap<string, number>;
  /** Of `@listSize`, by coordinate of the field. */
  readonly listSizes: ReadonlyMap<string, readonly ListSizeRule[]>;
}

/** One `@listSize`. */
export interface ListSizeRule {
  /** Null: none. */
  readonly assumedSize: number | null;
  /** Names of an argument and of input fields below it. */
  readonly slicingArguments: ReadonlyArray<readonly string[]>;
  /** Names of fields from the annotated one to a list below it. Empty: the annotated field itself is sized. */
  readonly sizedFields: ReadonlyArray<readonly string[]>;
  readonly requireOneSlicingArgument: boolean;
}

/** @throws {GatewayError} `SUPERGRAPH_INVALID` with every directive that cannot be read. */
export function costDirectivesOf(supergraph: DocumentNode): CostDirectives {
  const reader = new DirectiveReader(
    directiveName(supergraph, 'cost'),
    directiveName(supergraph, 'listSize'),
  );
  for (const definition of supergraph.definitions) reader.read(definition);
  if (reader.problems.length > 0) throw new GatewayError('SUPERGRAPH_INVALID', reader.problems.join('\n'));
  return reader;
}

class DirectiveReader implements CostDirectives {
  readonly weights = new Map<string, number>();
  readonly listSizes = new Map<string, ListSizeRule[]>();
  readonly problems: string[] = [];
  readonly #cost: string | undefined;
  readonly #listSize: string | undefined;

  constructor(cost: string | undefined, listSize: string | undefined) {
    this.#cost = cost;
    this.#listSize = listSize;
  }

  read(definition: DefinitionNode): void {
    if (definition.kind === Kind.DIRECTIVE_DEFINITION) {
      this.#argumentsOf(withOwnNames(`@${definition.name.value}`), definition.arguments);
    } else if (isTypeDefinitionNode(definition)) {
      const name = definition.name.value;
      this.#weightOf(name, definition.directives);
      for (const field of 'fields' in definition ? (definition.fields ?? []) : [])
        this.#fieldOf(`${name}.${field.name.value}`, field);
    }
  }

  #fieldOf(coordinate: string, field: FieldDefinitionNode | InputValueDefinitionNode): void {
    this.#weightOf(coordinate, field.directives);
    if (field.kind === Kind.INPUT_VALUE_DEFINITION) return;
    this.#argumentsOf(coordinate, field.arguments);
    for (const directive of field.directives ?? []) {
      if (directive.name.value === this.#listSize) this.#addListSize(coordinate, directive);
    }
  }

  #argumentsOf(owner: string, values: readonly InputValueDefinitionNode[] | undefined): void {
    for (const value of values ?? []) this.#weightOf(`${owner}(${value.name.value}:)`, value.directives);
  }

  #weightOf(coordinate: string, directives: readonly ConstDirectiveNode[] | undefined): void {
    for (const directive of directives ?? []) {
      if (directive.name.value !== this.#cost) continue;
      const weight = numberOf(argumentOf(directive, 'weight'));
      if (weight === undefined) this.#refuse(directive, coordinate, 'needs a number as its weight');
      else this.weights.set(coordinate, weight);
    }
  }

  #addListSize(coordinate: string, directive: ConstDirectiveNode): void {
    const assumed = numberOf(argumentOf(directive, 'assumedSize'));
    const require = argumentOf(directive, 'requireOneSlicingArgument');
    const sizedFields = textsOf(argumentOf(directive, 'sizedFields')).flatMap((text) => {
      const paths = pathsIn(text);
      if (paths.length === 0)
        this.#refuse(directive, coordinate, `has sizedFields that cannot be read: ${text}`);
      return paths;
    });
    if (assumed !== undefined && assumed < 0)
      this.#refuse(directive, coordinate, 'has a negative assumedSize');
    const rule: ListSizeRule = {
      assumedSize: assumed ?? null,
      slicingArguments: textsOf(argumentOf(directive, 'slicingArguments')).map((text) => text.split('.')),
      sizedFields,
      requireOneSlicingArgument: require?.kind !== Kind.BOOLEAN || require.value,
    };
    this.listSizes.set(coordinate, [...(this.listSizes.get(coordinate) ?? []), rule]);
  }

  #refuse(directive: ConstDirectiveNode, coordinate: string, problem: string): void {
    this.problems.push(`@${directive.name.value} of ${coordinate} ${problem}`);
  }
}

/** `edges` or `results { page }`: the path to each field without a selection. Empty: not a selection of fields. */
function pathsIn(text: string): string[][] {
  try {
    return leavesOf(selectionSetOf(text));
  } catch {
    return [];
  }
}

function leavesOf({ selections }: ReturnType<typeof selectionSetOf>): string[][] {
  return selections.flatMap((selection) => {
    if (selection.kind !== Kind.FIELD) throw new Error('Only fields can be sized');
    const name = selection.name.value;
    if (!selection.selectionSet) return [[name]];
    return leavesOf(selection.selectionSet).map((path) => [name, ...path]);
  });
}

function argumentOf(
  { arguments: values = [] }: { readonly arguments?: readonly ConstArgumentNode[] | undefined },
  name: string,
): ConstValueNode | undefined {
  return values.find((argument) => argument.name.value === name)?.value;
}

/** The specification of IBM has weights as strings, that of federation as integers. */
function numberOf(value: ConstValueNode | undefined): number | undefined {
  if (value?.kind !== Kind.INT && value?.kind !== Kind.FLOAT && value?.kind !== Kind.STRING) return undefined;
  const number = value.value.trim() === '' ? Number.NaN : Number(value.value);
  return Number.isFinite(number) ? number : undefined;
}

/** A single value is coerced to a list. */
function textsOf(value: ConstValueNode | undefined): string[] {
  if (!value) return [];
  const items = value.kind === Kind.LIST ? value.values : [value];
  return items.flatMap((item) => (item.kind === Kind.STRING ? [item.value] : []));
}

/** What fields, objects and arguments of a supergraph cost, and how long its lists are, by its directives or by default. */

import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isObjectType,
  isSpecifiedScalarType,
  type DocumentNode,
  type GraphQLArgument,
  type GraphQLDirective,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';

import { GatewayError } from '../../shared/errors.ts';
import { costDirectivesOf, type CostDirectives, type ListSizeRule } from './cost-directives.ts';

const noRules: readonly ListSizeRule[] = [];
const noArguments: readonly GraphQLArgument[] = [];

export class CostRules {
  readonly #schema: GraphQLSchema;
  readonly #weights: CostDirectives['weights'];
  readonly #listSizes: CostDirectives['listSizes'];
  /** Types with a directive on them, on a field or on an argument, their members and interfaces among them. */
  readonly #types: ReadonlySet<string>;
  /** Whether any field must be asked for with one slicing argument. */
  readonly requiresSlicing: boolean;
  /** Whether any weight is negative. */
  readonly hasNegative: boolean;

  /**
   * @param schema The full schema: hidden arguments have defaults, too.
   * @throws {GatewayError} `SUPERGRAPH_INVALID` with every directive that does not fit the schema.
   */
  constructor(supergraph: DocumentNode, schema: GraphQLSchema) {
    const { weights, listSizes } = costDirectivesOf(supergraph);
    this.#schema = schema;
    this.#weights = weights;
    this.#listSizes = listSizes;
    this.#types = new Set([...weights.keys(), ...listSizes.keys()].map((name) => name.split('.')[0] ?? ''));
    this.requiresSlicing = [...listSizes.values()].some((rules) => rules.some(requiresOne));
    this.hasNegative = [...weights.values()].some((weight) => weight < 0);
    const problems = [...listSizes].flatMap(([field, rules]) =>
      rules.flatMap((rule) => [...this.#misfits(field, rule)]),
    );
    if (problems.length > 0) throw new GatewayError('SUPERGRAPH_INVALID', problems.join('\n'));
  }

  /** Whether a field without arguments and directives that returns such values costs nothing. */
  isFree(type: string, field: string, returned: GraphQLNamedType): boolean {
    return this.#weights.size === 0 && isLeafType(returned) && this.argumentsOf(type, field).length === 0;
  }

  /** Whether objects of this type are told apart from others by a directive. */
  isSpecial({ name }: GraphQLNamedType): boolean {
    return (
      this.#types.size > 0 &&
      (this.#types.has(name) || this.#interfacesOf(name).some((one) => this.#types.has(one)))
    );
  }

  /** Of one object, or of one value of a scalar or an enum; of an abstract type the largest of its members. Never negative. */
  typeWeight(type: GraphQLNamedType): number {
    if (isAbstractType(type)) {
      const members = this.#types.size === 0 ? [] : this.#schema.getPossibleTypes(type);
      return members.reduce(
        (largest, member) => Math.max(largest, this.typeWeight(member)),
        members.length > 0 ? 0 : 1,
      );
    }
    const weight = this.#weights.get(type.name);
    if (weight !== undefined) return Math.max(0, weight);
    return isCompositeType(type) || isInputObjectType(type) ? 1 : 0;
  }

  /** Each time that it is executed. Default: 0. */
  fieldWeight(type: string, field: string): number {
    return this.#inherited(type, (owner) => this.#weights.get(`${owner}.${field}`)) ?? 0;
  }

  /** @returns undefined: it has the weight of its type. */
  argumentWeight(type: string, field: string, argument: string): number | undefined {
    return this.#inherited(type, (owner) => this.#weights.get(`${owner}.${field}(${argument}:)`));
  }

  /** @returns undefined: it has the weight of its type. */
  inputFieldWeight(type: string, field: string): number | undefined {
    return this.#weights.get(`${type}.${field}`);
  }

  /** @returns undefined: it has the weight of its type. */
  directiveArgumentWeight({ name }: GraphQLDirective, argument: string): number | undefined {
    return this.#weights.get(`@${name}(${argument}:)`);
  }

  /** A field that has none has those of the interfaces that declare it. */
  listSizes(type: string, field: string): readonly ListSizeRule[] {
    if (this.#listSizes.size === 0) return noRules;
    const own = this.#listSizes.get(`${type}.${field}`);
    if (own) return own;
    return this.#interfacesOf(type).flatMap((owner) => this.#listSizes.get(`${owner}.${field}`) ?? []);
  }

  /** Those that hold for a field that is selected on this type: for an abstract type also those of its members. */
  requiredSlices(type: GraphQLNamedType, field: string): ListSizeRule[] {
    const members = isAbstractType(type) ? this.#schema.getPossibleTypes(type).map(({ name }) => name) : [];
    const rules = [type.name, ...members].flatMap((name) => this.listSizes(name, field));
    return [...new Set(rules)].filter(requiresOne);
  }

  /** Of the full schema. */
  argumentsOf(type: string, field: string): readonly GraphQLArgument[] {
    const owner = this.#schema.getType(type);
    if (!isObjectType(owner) && !isInterfaceType(owner)) return noArguments;
    return owner.getFields()[field]?.args ?? noArguments;
  }

  #inherited(type: string, weightOf: (owner: string) => number | undefined): number | undefined {
    if (this.#weights.size === 0) return undefined;
    const own = weightOf(type);
    if (own !== undefined) return own;
    const inherited = this.#interfacesOf(type)
      .map(weightOf)
      .filter((weight) => weight !== undefined);
    return inherited.length > 0 ? Math.max(...inherited) : undefined;
  }

  #interfacesOf(name: string): string[] {
    const type = this.#schema.getType(name);
    return isObjectType(type) || isInterfaceType(type) ? type.getInterfaces().map((one) => one.name) : [];
  }

  *#misfits(coordinate: string, { slicingArguments, sizedFields }: ListSizeRule): Generator<string> {
    const [type = '', name = ''] = coordinate.split('.');
    const owner = this.#schema.getType(type);
    const field = isObjectType(owner) || isInterfaceType(owner) ? owner.getFields()[name] : undefined;
    if (!field) return;
    if (sizedFields.length === 0 && !isListType(getNullableType(field.type)))
      yield `@listSize of ${coordinate} has no sizedFields, and the field is not a list`;
    for (const path of slicingArguments) {
      const argument = field.args.find((one) => one.name === path[0]);
      if (!argument || !isSlice(argument.type, path.slice(1)))
        yield `@listSize of ${coordinate} has the slicing argument ${path.join('.')}, which is no Int or list of this field`;
    }
    for (const path of sizedFields) {
      if (!this.#isSized(getNamedType(field.type), path))
        yield `@listSize of ${coordinate} has the sized field ${path.join('.')}, which is no list below this field`;
    }
  }

  #isSized(type: GraphQLNamedType, [name = '', ...path]: readonly string[]): boolean {
    const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
    if (!field) return false;
    return path.length === 0
      ? isListType(getNullableType(field.type))
      : this.#isSized(getNamedType(field.type), path);
  }
}

function isSlice(declared: GraphQLInputType, [name, ...path]: readonly string[]): boolean {
  const type = getNullableType(declared);
  if (name === undefined) return isListType(type) || (isSpecifiedScalarType(type) && type.name === 'Int');
  const field = isInputObjectType(type) ? type.getFields()[name] : undefined;
  return field !== undefined && isSlice(field.type, path);
}

function requiresOne({ requireOneSlicingArgument, slicingArguments }: ListSizeRule): boolean {
  return requireOneSlicingArgument && slicingArguments.length > 0;
}

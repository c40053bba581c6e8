/** What the values of arguments cost: constants are counted here, values of variables when they are known. */

import {
  getNamedType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLArgument,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLNamedType,
} from 'graphql';

import type { ArgumentSpec, ArgumentValue } from '../../pipeline/authorization.ts';
import type { CostTerm, InputCost, InputTypeCost, ValueCost } from '../../pipeline/cost.ts';
import { costOfValue } from '../../pipeline/value-cost.ts';
import { wrappersOf } from '../type-wrappers.ts';
import type { CostRules } from './cost-rules.ts';
import { sum } from './terms.ts';

/** The costs of the values of an operation's variables, and of the input types that they need. */
export class InputCosts {
  readonly #rules: CostRules;
  readonly #inputs: InputCost[] = [];
  readonly #inputIndexes = new Map<string, number>();
  readonly #typeIndexes = new Map<string, number>();
  readonly #types: InputTypeCost[] = [];
  constructor(rules: CostRules) {
    this.#rules = rules;
  }

  /** Those that terms refer to, by index. */
  get inputs(): readonly InputCost[] {
    return this.#inputs;
  }

  get types(): readonly InputTypeCost[] {
    return this.#types;
  }

  /** @param weightOf The weight of an argument; undefined: that of its type. */
  ofArguments(
    declared: readonly GraphQLArgument[],
    specs: readonly ArgumentSpec[],
    weightOf: (argument: string) => number | undefined,
  ): CostTerm {
    return sum(
      specs.map(({ name, value }) => {
        const argument = declared.find((one) => one.name === name);
        return argument ? this.#termOf(value, argument.type, weightOf(name)) : 0;
      }),
    );
  }

  #termOf(value: ArgumentValue, type: GraphQLInputType, weight: number | undefined): CostTerm {
    const cost = this.#costOf(type, weight);
    return isFree(cost) ? 0 : this.#costOfValue(value, type, cost);
  }

  #costOfValue(value: ArgumentValue, declared: GraphQLInputType, cost: ValueCost): CostTerm {
    const type = isNonNullType(declared) ? declared.ofType : declared;
    const named = getNamedType(type);
    switch (value.is) {
      case 'constant':
        return costOfValue(value.value, cost, this.#types);
      case 'variable':
        return this.#variable(value, cost);
      case 'list': {
        // For a custom scalar, a list is a single value.
        if (!isListType(type)) return cost.weight + cost.each;
        const element = elementOf(cost);
        return sum([
          cost.weight,
          ...value.items.map((item) => this.#costOfValue(item, type.ofType, element)),
        ]);
      }
      case 'object': {
        const fields = isInputObjectType(named) ? value.fields : [];
        return sum([cost.weight, cost.each, ...fields.map((field) => this.#fieldOf(named, field))]);
      }
    }
  }

  #fieldOf(type: GraphQLNamedType, { name, value }: ArgumentSpec): CostTerm {
    const field = isInputObjectType(type) ? type.getFields()[name] : undefined;
    return field ? this.#termOf(value, field.type, this.#rules.inputFieldWeight(type.name, name)) : 0;
  }

  /** One variable with one cost is evaluated once, however often it is used. */
  #variable({ name, otherwise }: Extract<ArgumentValue, { is: 'variable' }>, cost: ValueCost): CostTerm {
    const defaultCost = costOfValue(otherwise, cost, this.#types);
    const input: InputCost = {
      variable: name,
      ...cost,
      ...(defaultCost === 0 ? {} : { otherwise: defaultCost }),
    };
    const key = JSON.stringify(input);
    let index = this.#inputIndexes.get(key);
    if (index === undefined) this.#inputIndexes.set(key, (index = this.#inputs.push(input) - 1));
    return { is: 'input', input: index };
  }

  #costOf(declared: GraphQLInputType, weight: number | undefined): ValueCost {
    const type = getNamedType(declared);
    const each = weight === undefined ? this.#rules.typeWeight(type) : 0;
    const lists = listDepth(declared);
    return {
      weight: weight ?? 0,
      each,
      ...(lists === 0 ? {} : { lists }),
      ...(isInputObjectType(type) ? { type: this.#typeIndex(type) } : {}),
    };
  }

  #typeIndex(type: GraphQLInputObjectType): number {
    const known = this.#typeIndexes.get(type.name);
    if (known !== undefined) return known;
    const index = this.#types.push([]) - 1;
    // Known before its fields are visited: input types may be recursive.
    this.#typeIndexes.set(type.name, index);
    this.#types[index] = Object.values(type.getFields()).flatMap(({ name, type: fieldType }) => {
      const cost = this.#costOf(fieldType, this.#rules.inputFieldWeight(type.name, name));
      return isFree(cost) ? [] : [[name, cost] as const];
    });
    return index;
  }
}

function isFree({ weight, each, type }: ValueCost): boolean {
  return weight === 0 && each === 0 && type === undefined;
}

function elementOf({ lists = 1, ...cost }: ValueCost): ValueCost {
  return lists === 1 ? { ...cost, weight: 0 } : { ...cost, weight: 0, lists: lists - 1 };
}

function listDepth(type: GraphQLInputType): number {
  return wrappersOf(type).replaceAll('!', '').length;
}

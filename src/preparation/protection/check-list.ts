/**
 * The checks of one operation: what it asks for, grouped by how it is decided. The same document gives the same list in
 * every worker, so that a check can be named by its number.
 */

import type { FieldNode, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema } from 'graphql';

import type { CheckSpec, ParentField } from '../../pipeline/authorization.ts';
import type { Clause } from '../../pipeline/prepared.ts';
import { argumentsText } from '../field-call.ts';
import { argumentSpecs } from './argument-spec.ts';
import type { Guards, Protection } from './protection.ts';

export type RuntimeType = GraphQLObjectType | GraphQLInterfaceType;

/** Where in the answer something is asked for, and under which conditions. */
export interface Place {
  readonly path: readonly string[];
  readonly reach: Clause;
}

interface Check {
  readonly guards: Guards;
  readonly isRoot: boolean;
  readonly arguments: CheckSpec['arguments'];
  readonly coordinates: Set<string>;
  readonly paths: Map<string, readonly string[]>;
  /** By text; null: always. */
  clauses: Map<string, Clause> | null;
  parent: readonly ParentField[];
}

const pathsMax = 5;
/** More conditions than this are not told apart: the check is then made always. */
const clausesMax = 8;

export class CheckList {
  readonly #schema: GraphQLSchema;
  readonly #protection: Protection;
  readonly #checks: Check[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(schema: GraphQLSchema, protection: Protection) {
    this.#schema = schema;
    this.#protection = protection;
  }

  /** @returns Its number; undefined where nothing guards the field on objects of this type. */
  ofField(type: RuntimeType, node: FieldNode): number | undefined {
    const field = node.name.value;
    const guards = this.#protection.ofField(type, field);
    if (!guards) return undefined;
    const reads = guards.rules.some((rule) => rule.readsArguments || rule.readsParent);
    const detail = reads ? `${type.name}.${field}(${argumentsText(node)})` : '';
    return this.#numberOf(guards, detail, () => ({
      isRoot: type === this.#schema.getQueryType() || type === this.#schema.getMutationType(),
      arguments: reads ? argumentSpecs(type.getFields()[field]?.args ?? [], node) : null,
    }));
  }

  /** @returns Its number; undefined where nothing guards objects of this type as such. */
  ofObject(type: string): number | undefined {
    const guards = this.#protection.ofObject(type);
    if (!guards) return undefined;
    return this.#numberOf(guards, '', () => ({ isRoot: false, arguments: null }));
  }

  guardsOf(check: number): Guards {
    return (this.#checks[check] as Check).guards;
  }

  /** Adds one more thing that a check decides. */
  note(check: number, coordinate: string, { path, reach }: Place): void {
    const { coordinates, paths, clauses } = this.#checks[check] as Check;
    coordinates.add(coordinate);
    if (paths.size < pathsMax) paths.set(path.join('.'), path);
    if (!clauses) return;
    if (reach.yes.length > 0 || reach.no.length > 0) clauses.set(JSON.stringify(reach), reach);
    const isAlways = reach.yes.length === 0 && reach.no.length === 0;
    if (isAlways || clauses.size > clausesMax) (this.#checks[check] as Check).clauses = null;
  }

  setParent(check: number, parent: readonly ParentField[]): void {
    (this.#checks[check] as Check).parent = parent;
  }

  /** Whether the rules of a check are shown the parent object. */
  readsParent(check: number): boolean {
    const { guards, isRoot } = this.#checks[check] as Check;
    return !isRoot && guards.rules.some((rule) => rule.readsParent);
  }

  specs(): CheckSpec[] {
    return this.#checks.map((check) => ({
      coordinates: [...check.coordinates],
      paths: [...check.paths.values()],
      demand: check.guards.demand,
      rules: check.guards.rules.map(({ rule }) => rule),
      arguments: check.arguments,
      isRoot: check.isRoot,
      parent: check.parent,
      ...(check.clauses ? { when: [...check.clauses.values()] } : {}),
    }));
  }

  #numberOf(guards: Guards, detail: string, more: () => Pick<Check, 'isRoot' | 'arguments'>): number {
    const key = JSON.stringify([guards.demand, guards.rules.map(({ rule }) => rule), detail]);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      const empty = { coordinates: new Set<string>(), paths: new Map(), clauses: new Map(), parent: [] };
      number = this.#checks.push({ guards, ...empty, ...more() }) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }
}

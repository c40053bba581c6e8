/**
 * The authorization checks of one operation: its guarded fields and objects, grouped by how they are decided. The same
 * document gives the same list in every worker, so that a number identifies a check.
 */

import {
  isInterfaceType,
  isObjectType,
  type FieldNode,
  type GraphQLArgument,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';

import type { CheckSpec, ParentField } from '../../pipeline/authorization.ts';
import type { Clause } from '../../pipeline/clause.ts';
import { argumentsText } from '../field-call.ts';
import { argumentSpecs } from './argument-spec.ts';
import type { Guards, Protection } from './protection.ts';

export type RuntimeType = GraphQLObjectType | GraphQLInterfaceType;

/** A path in the answer, and the conditions under which it is selected. */
export interface Location {
  readonly path: readonly string[];
  readonly reach: Clause;
}

interface Check {
  readonly guards: Guards;
  /** Of any of its fields. */
  isRoot: boolean;
  readonly isParentUnknown: boolean;
  readonly parentType: string | null;
  readonly arguments: CheckSpec['arguments'];
  readonly coordinates: Set<string>;
  readonly paths: Map<string, readonly string[]>;
  /** By text; null: always. */
  clauses: Map<string, Clause> | null;
  parent: readonly ParentField[];
}

const pathsMax = 5;
/** With more conditions than this, the check is always made. */
const clausesMax = 8;

export class CheckList {
  readonly #schema: GraphQLSchema;
  readonly #protection: Protection;
  readonly #checks: Check[] = [];
  readonly #numbers = new Map<string, number>();

  /** @param schema Of the whole graph: rules also read what is hidden from the client. */
  constructor(schema: GraphQLSchema, protection: Protection) {
    this.#schema = schema;
    this.#protection = protection;
  }

  /** @returns Its number; undefined where the field is not guarded on objects of this type. */
  ofField(type: RuntimeType, node: FieldNode): number | undefined {
    const field = node.name.value;
    const guards = this.#protection.ofField(type, field);
    if (!guards) return undefined;
    const readsInput = guards.rules.some((rule) => rule.readsArguments || rule.readsParent);
    const detail = readsInput ? `${type.name}.${field}(${argumentsText(node)})` : '';
    const check = this.#numberOf(guards, detail, () => ({
      arguments: readsInput ? argumentSpecs(this.#argumentsOf(type, field), node) : null,
      ...this.#parentOf(type, guards),
    }));
    // A field of an object may have had it first.
    (this.#checks[check] as Check).isRoot ||= this.#isRootType(type);
    return check;
  }

  /** What the rules read belongs to the objects behind an interface: of its one member the type at least is known. */
  #parentOf(type: RuntimeType, { rules }: Guards): Pick<Check, 'isParentUnknown' | 'parentType'> {
    if (!isInterfaceType(type)) return { isParentUnknown: false, parentType: null };
    const named = this.#schema.getType(type.name);
    const [only, ...others] = isInterfaceType(named) ? this.#schema.getPossibleTypes(named) : [];
    const isAlone = only !== undefined && others.length === 0;
    return {
      isParentUnknown: rules.some((rule) => (isAlone ? rule.fragments.length > 0 : rule.readsParent)),
      parentType: isAlone ? only.name : null,
    };
  }

  #isRootType({ name }: RuntimeType): boolean {
    return [this.#schema.getQueryType(), this.#schema.getMutationType()].some((root) => root?.name === name);
  }

  #argumentsOf({ name }: RuntimeType, field: string): readonly GraphQLArgument[] {
    const type = this.#schema.getType(name);
    return isObjectType(type) || isInterfaceType(type) ? (type.getFields()[field]?.args ?? []) : [];
  }

  /** @returns Its number; undefined where objects of this type are not guarded. */
  ofObject(type: string): number | undefined {
    const guards = this.#protection.ofObject(type);
    if (!guards) return undefined;
    return this.#numberOf(guards, '', () => ({ arguments: null, isParentUnknown: false, parentType: null }));
  }

  guardsOf(check: number): Guards {
    return (this.#checks[check] as Check).guards;
  }

  /** Adds a field or an object that a check decides. */
  addOccurrence(check: number, coordinate: string, { path, reach }: Location): void {
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

  /** Whether the rules of a check read the parent object. */
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
      ...(check.isParentUnknown ? { isParentUnknown: true } : {}),
      ...(check.parentType === null ? {} : { parentType: check.parentType }),
      ...(check.clauses ? { when: [...check.clauses.values()] } : {}),
    }));
  }

  #numberOf(
    guards: Guards,
    detail: string,
    details: () => Pick<Check, 'arguments' | 'isParentUnknown' | 'parentType'>,
  ): number {
    const key = JSON.stringify([guards.demand, guards.rules.map(({ rule }) => rule), detail]);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      const empty = {
        isRoot: false,
        coordinates: new Set<string>(),
        paths: new Map(),
        clauses: new Map(),
        parent: [],
      };
      number = this.#checks.push({ guards, ...empty, ...details() }) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }
}

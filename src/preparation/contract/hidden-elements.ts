/**
 * Which elements of the graph a contract hides, and why: by their tags, as Apollo's contracts do; then what cannot be
 * without them, so that the rest is a valid schema; then, if wanted, what no operation can reach.
 *
 * @see https://www.apollographql.com/docs/graphos/platform/schema-management/delivery/contracts/reference
 */

import { isInterfaceType, isObjectType, isUnionType, type GraphQLSchema } from 'graphql';

import type { Contract } from '../../pipeline/contract.ts';
import { reachableTypes } from './reachable-types.ts';
import type { HiddenElements, Reason } from './reasons.ts';
import { SchemaElements, type SchemaElement } from './schema-elements.ts';
import type { Tags } from './tags.ts';

/**
 * The rules about tags:
 * - What has an excluded tag is hidden. Fields and arguments of a hidden element are hidden with it.
 * - If there are included tags: unions, and fields of objects and interfaces, are hidden without one of them. Fields also
 *   have the tags of their type.
 *
 * @param schema The API schema.
 */
export function hiddenElements(schema: GraphQLSchema, tags: Tags, contract: Contract): HiddenElements {
  const elements = new SchemaElements(schema);
  const rules = new TagRules(schema, tags, contract);
  const cascade = new Cascade(schema, elements);
  for (const element of elements.all()) {
    const reason = rules.reasonToHide(element);
    if (reason) cascade.hide(element, reason);
  }
  cascade.spread();
  const hideUnreachable = (): void => {
    if (!contract.hideUnreachableTypes) return;
    const types = [...elements.all()].filter(({ kind }) => kind === 'type');
    const kept = types.filter(({ name }) => rules.isIncluded(name)).map(({ name }) => name);
    const reachable = reachableTypes(schema, cascade.reasons, kept);
    for (const type of types) if (!reachable.has(type.name)) cascade.hide(type, { kind: 'unreachable' });
  };
  // Once before, so that types nobody sees take nothing from the interfaces of others.
  hideUnreachable();
  if (cascade.adaptInterfaces()) hideUnreachable();
  return cascade.reasons;
}

class TagRules {
  readonly #schema: GraphQLSchema;
  readonly #tags: Tags;
  readonly #include: ReadonlySet<string>;
  readonly #exclude: ReadonlySet<string>;

  constructor(schema: GraphQLSchema, tags: Tags, { include, exclude }: Contract) {
    this.#schema = schema;
    this.#tags = tags;
    this.#include = new Set(include);
    this.#exclude = new Set(exclude);
  }

  reasonToHide(element: SchemaElement): Reason | null {
    const tag = this.#firstOf(element.coordinate, this.#exclude);
    if (tag !== undefined) return { kind: 'excluded', tag };
    if (this.#include.size === 0 || !this.#needsInclusion(element)) return null;
    const { coordinate, owner } = element;
    const isIncluded = this.isIncluded(coordinate) || (owner !== null && this.isIncluded(owner.coordinate));
    return isIncluded ? null : { kind: 'notIncluded' };
  }

  /** By a tag of its own. */
  isIncluded(coordinate: string): boolean {
    return this.#firstOf(coordinate, this.#include) !== undefined;
  }

  #needsInclusion({ kind, name }: SchemaElement): boolean {
    return kind === 'field' || (kind === 'type' && isUnionType(this.#schema.getType(name)));
  }

  #firstOf(coordinate: string, wanted: ReadonlySet<string>): string | undefined {
    for (const tag of this.#tags.get(coordinate) ?? []) if (wanted.has(tag)) return tag;
    return undefined;
  }
}

/** Hides elements with everything that cannot be without them. Each element is visited once. */
class Cascade {
  readonly reasons = new Map<string, Reason>();
  readonly #schema: GraphQLSchema;
  readonly #elements: SchemaElements;
  readonly #lostMembers = new Map<SchemaElement, number>();
  #toVisit: SchemaElement[] = [];
  #toCompare: SchemaElement[] = [];

  constructor(schema: GraphQLSchema, elements: SchemaElements) {
    this.#schema = schema;
    this.#elements = elements;
  }

  hide(element: SchemaElement, reason: Reason): void {
    if (this.#isHidden(element)) return;
    this.reasons.set(element.coordinate, reason);
    this.#toVisit.push(element);
  }

  /** Hides what cannot be without what was hidden. */
  spread(): void {
    // Grows while it is read.
    for (const element of this.#toVisit) this.#visit(element);
    this.#toCompare = this.#toCompare.concat(
      this.#toVisit.filter(({ kind }) => kind === 'field' || kind === 'argument'),
    );
    this.#toVisit = [];
  }

  /**
   * Hides of interfaces what their implementations cannot have any more. This comes last: a type that vanishes because all
   * its fields are hidden must not take the fields of its interfaces with it.
   *
   * @returns Whether anything was hidden.
   */
  adaptInterfaces(): boolean {
    const { size } = this.reasons;
    while (this.#toCompare.length > 0) {
      const changed = this.#toCompare;
      this.#toCompare = [];
      for (const element of changed) this.#keepInterfacesValid(element);
      this.spread();
    }
    return this.reasons.size > size;
  }

  #visit({ kind, coordinate, owner, dependents, unions }: SchemaElement): void {
    for (const { element, why } of dependents) this.hide(element, { kind: 'implied', by: coordinate, why });
    const containers = kind === 'argument' || !owner ? unions : [owner];
    for (const container of containers) {
      const lost = (this.#lostMembers.get(container) ?? 0) + 1;
      this.#lostMembers.set(container, lost);
      if (lost === container.memberCount) this.hide(container, { kind: 'empty', last: coordinate });
    }
  }

  /** @param element One that is hidden. */
  #keepInterfacesValid({ kind, name, owner, coordinate }: SchemaElement): void {
    const field = kind === 'argument' ? owner : null;
    const type = field ? field.owner : owner;
    if ((kind !== 'field' && !field) || !type || this.#isHidden(field ?? type)) return;
    const pathOf = (typeName: string): string =>
      field ? `${typeName}.${field.name}(${name}:)` : `${typeName}.${name}`;
    for (const interfaceName of this.#interfacesOf(type.name)) {
      const element = this.#elements.at(pathOf(interfaceName));
      if (element) this.hide(element, { kind: 'implied', by: coordinate, why: 'implementation' });
    }
    if (!field) return;
    for (const implementation of this.#implementationsOf(type.name)) {
      const argument = this.#elements.at(pathOf(implementation));
      if (argument?.isRequired && !this.#isHidden(argument))
        this.hide(field, { kind: 'implied', by: coordinate, why: 'implementationRequires' });
    }
  }

  #interfacesOf(name: string): string[] {
    const type = this.#schema.getType(name);
    if (!isObjectType(type) && !isInterfaceType(type)) return [];
    return type.getInterfaces().map((known) => known.name);
  }

  #implementationsOf(name: string): string[] {
    const type = this.#schema.getType(name);
    if (!isInterfaceType(type)) return [];
    const { objects, interfaces } = this.#schema.getImplementations(type);
    return [...objects, ...interfaces].map((known) => known.name);
  }

  #isHidden(element: SchemaElement): boolean {
    for (let part: SchemaElement | null = element; part; part = part.owner) {
      if (this.reasons.has(part.coordinate)) return true;
    }
    return false;
  }
}

/**
 * Default values of input fields that lead back to their own type: `input Filter { or: Filter = {} }`. Those that contain
 * themselves are forbidden since the specification of September 2025; graphql-js 16 recurses without an end on all of
 * them, because it reads the fields of a type, with their default values, for each object of that type.
 */

import {
  Kind,
  type ConstValueNode,
  type DocumentNode,
  type InputValueDefinitionNode,
  type TypeNode,
} from 'graphql';

export interface CircularDefault {
  readonly message: string;
  /** `Filter.or` */
  readonly coordinate: string;
  /** The definitions of all fields of the circle, this one first. */
  readonly nodes: readonly InputValueDefinitionNode[];
}

/** @returns One for each field that leads back, and not each way in which it does. */
export function circularDefaults(document: DocumentNode): CircularDefault[] {
  return new CircleFinder(document).circles();
}

/** A field with a default value, and the input types of the objects in it. */
interface Step {
  readonly coordinate: string;
  readonly node: InputValueDefinitionNode;
  readonly types: ReadonlySet<string>;
}

class CircleFinder {
  readonly #fields: ReadonlyMap<string, ReadonlyMap<string, InputValueDefinitionNode>>;
  /** From each type that led to the one at hand, in order, by the field that the next one is used in. */
  readonly #path = new Map<string, Step>();
  readonly #done = new Set<string>();
  readonly #circles: CircularDefault[] = [];

  constructor(document: DocumentNode) {
    this.#fields = inputFieldsOf(document);
  }

  circles(): CircularDefault[] {
    for (const type of this.#fields.keys()) this.#follow(type);
    return this.#circles;
  }

  #follow(type: string): void {
    if (this.#path.has(type)) this.#circles.push(this.#circleFrom(type));
    if (this.#done.has(type)) return;
    this.#done.add(type);
    for (const step of this.#stepsFrom(type)) {
      this.#path.set(type, step);
      for (const next of step.types) this.#follow(next);
    }
    this.#path.delete(type);
  }

  *#stepsFrom(type: string): Generator<Step> {
    for (const [name, node] of this.#fields.get(type) ?? []) {
      if (!node.defaultValue) continue;
      const types = new Set(this.#typesIn(node.defaultValue, nameOf(node.type)));
      yield { coordinate: `${type}.${name}`, node, types };
    }
  }

  *#typesIn(value: ConstValueNode, type: string): Generator<string> {
    if (value.kind === Kind.LIST) for (const item of value.values) yield* this.#typesIn(item, type);
    const fields = this.#fields.get(type);
    if (value.kind !== Kind.OBJECT || !fields) return;
    yield type;
    for (const { name, value: inner } of value.fields) {
      const field = fields.get(name.value);
      if (field) yield* this.#typesIn(inner, nameOf(field.type));
    }
  }

  #circleFrom(type: string): CircularDefault {
    const path = [...this.#path];
    const circle = path.slice(path.findIndex(([name]) => name === type)).map(([, step]) => step);
    const [coordinate = '', ...others] = circle.map((step) => step.coordinate);
    const through = others.length === 0 ? '' : `, through ${others.map((other) => `"${other}"`).join(', ')}`;
    return {
      message: `The default value of "${coordinate}" leads back to its own type "${type}"${through}, and so has no end: leave it out, or make it null`,
      coordinate,
      nodes: circle.map(({ node }) => node),
    };
  }
}

function inputFieldsOf({ definitions }: DocumentNode): Map<string, Map<string, InputValueDefinitionNode>> {
  const types = new Map<string, Map<string, InputValueDefinitionNode>>();
  for (const node of definitions) {
    const isInput =
      node.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION || node.kind === Kind.INPUT_OBJECT_TYPE_EXTENSION;
    if (!isInput) continue;
    const fields = types.get(node.name.value) ?? new Map<string, InputValueDefinitionNode>();
    types.set(node.name.value, fields);
    for (const field of node.fields ?? []) fields.set(field.name.value, field);
  }
  return types;
}

function nameOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type);
}

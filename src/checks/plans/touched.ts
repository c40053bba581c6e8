/**
 * Which operations can have another plan or cost after a change: those that select an element whose definition in the
 * supergraph changed, or one that their plan may need besides (keys, inputs of `@requires`).
 *
 * To plan takes far longer than to validate, and most changes concern few operations.
 */

import {
  Kind,
  print,
  visit,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
} from 'graphql';

export class ChangedElements {
  readonly #changed: ReadonlySet<string>;
  /** Field names in the keys of a type and in the inputs of its fields. */
  readonly #needed: ReadonlyMap<string, ReadonlySet<string>>;
  /** Objects and interfaces of an interface. */
  readonly #implementations: ReadonlyMap<string, readonly string[]>;
  readonly #changedNames: ReadonlySet<string>;

  constructor(base: DocumentNode, head: DocumentNode) {
    const before = definitionTexts(base);
    const after = definitionTexts(head);
    const all = new Set([...before.keys(), ...after.keys()]);
    this.#changed = new Set(
      [...all].filter((coordinate) => before.get(coordinate) !== after.get(coordinate)),
    );
    this.#needed = neededFields([base, head]);
    this.#implementations = implementations([base, head]);
    this.#changedNames = new Set([...this.#changed].map((coordinate) => coordinate.split('.')[1] ?? ''));
  }

  get isEmpty(): boolean {
    return this.#changed.size === 0;
  }

  /** @param coordinates That the operation uses, as `OperationComparison` has them. */
  touches(coordinates: ReadonlySet<string>): boolean {
    for (const coordinate of coordinates) {
      const [type = '', member] = coordinate.replace(/\(.*$/, '').split('.');
      for (const each of [type, ...(this.#implementations.get(type) ?? [])]) {
        if (this.#changed.has(each)) return true;
        if (member !== undefined && this.#changed.has(`${each}.${member}`)) return true;
        for (const needed of this.#needed.get(each) ?? []) if (this.#changedNames.has(needed)) return true;
      }
    }
    return false;
  }
}

/** By coordinate; that of a type is without its members. */
function definitionTexts(document: DocumentNode): Map<string, string> {
  const texts = new Map<string, string>();
  for (const definition of document.definitions) {
    if (!('name' in definition) || !definition.name || definition.kind === Kind.DIRECTIVE_DEFINITION)
      continue;
    const type = definition.name.value;
    texts.set(type, typeText(definition));
    for (const field of 'fields' in definition ? (definition.fields ?? []) : [])
      texts.set(`${type}.${field.name.value}`, fieldText(field));
    for (const value of 'values' in definition ? (definition.values ?? []) : [])
      texts.set(`${type}.${value.name.value}`, directivesText(value.directives));
  }
  return texts;
}

function typeText(definition: DefinitionNode): string {
  const lists = [
    definition.kind,
    directivesText(
      'directives' in definition ? (definition.directives as readonly ConstDirectiveNode[]) : [],
    ),
    ...('interfaces' in definition ? (definition.interfaces ?? []).map(print).toSorted() : []),
    ...('types' in definition ? (definition.types ?? []).map(print).toSorted() : []),
  ];
  return lists.join(' ');
}

function fieldText(field: FieldDefinitionNode | InputValueDefinitionNode): string {
  const args = 'arguments' in field ? (field.arguments ?? []) : [];
  const texts = args.map((argument) => `${argument.name.value} ${fieldText(argument)}`).toSorted();
  const defaultValue = 'defaultValue' in field && field.defaultValue ? print(field.defaultValue) : '';
  return [print(field.type), defaultValue, directivesText(field.directives), ...texts].join(' ');
}

function directivesText(directives: readonly ConstDirectiveNode[] = []): string {
  return directives.map(print).toSorted().join(' ');
}

const fieldSetArguments: ReadonlySet<string> = new Set(['key', 'requires', 'provides']);
const names = /[A-Za-z_]\w*/g;

function neededFields(documents: readonly DocumentNode[]): Map<string, Set<string>> {
  const needed = new Map<string, Set<string>>();
  for (const document of documents) {
    for (const definition of document.definitions) {
      if (!('name' in definition) || !definition.name) continue;
      const fields = needed.get(definition.name.value) ?? new Set<string>();
      visit(definition, {
        Argument({ name, value }) {
          if (!fieldSetArguments.has(name.value) || value.kind !== Kind.STRING) return;
          for (const [text] of value.value.matchAll(names)) fields.add(text);
        },
      });
      if (fields.size > 0) needed.set(definition.name.value, fields);
    }
  }
  return needed;
}

function implementations(documents: readonly DocumentNode[]): Map<string, string[]> {
  const types = new Map<string, string[]>();
  for (const { definitions } of documents) {
    for (const definition of definitions) {
      if (!('interfaces' in definition)) continue;
      for (const { name } of definition.interfaces ?? [])
        types.set(name.value, [...(types.get(name.value) ?? []), definition.name.value]);
    }
  }
  return types;
}

/** The directives of a supergraph that change who may see an element, what it costs, and how long it may be kept. */

import {
  Kind,
  print,
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
} from 'graphql';

import { composedDirectiveName, directiveName } from '../../preparation/supergraph/features.ts';

export type CheckedDirective =
  'authenticated' | 'requiresScopes' | 'policy' | 'cost' | 'listSize' | 'cacheControl';

const checkedDirectives: readonly CheckedDirective[] = [
  'authenticated',
  'requiresScopes',
  'policy',
  'cost',
  'listSize',
  'cacheControl',
];

/** The arguments of each application, printed, by element and directive. */
export type AppliedDirectives = ReadonlyMap<string, ReadonlyMap<CheckedDirective, string>>;

export function appliedDirectives(supergraph: DocumentNode): AppliedDirectives {
  const names = new Map<string, CheckedDirective>();
  for (const directive of checkedDirectives) {
    const name = directiveName(supergraph, directive) ?? composedDirectiveName(supergraph, directive);
    if (name !== undefined) names.set(name, directive);
  }
  const applied = new Map<string, ReadonlyMap<CheckedDirective, string>>();
  if (names.size === 0) return applied;
  for (const { coordinate, directives } of elements(supergraph)) {
    const texts = new Map<CheckedDirective, string>();
    for (const node of directives) {
      const directive = names.get(node.name.value);
      if (directive === undefined) continue;
      const text = (node.arguments ?? []).map(print).toSorted().join(', ');
      texts.set(directive, [texts.get(directive), text].filter((one) => one !== undefined).join('; '));
    }
    if (texts.size > 0) applied.set(coordinate, texts);
  }
  return applied;
}

interface Element {
  readonly coordinate: string;
  readonly directives: readonly ConstDirectiveNode[];
}

function* elements(document: DocumentNode): Generator<Element> {
  for (const definition of document.definitions) {
    if (!('name' in definition) || !definition.name || definition.kind === Kind.DIRECTIVE_DEFINITION)
      continue;
    const type = definition.name.value;
    yield { coordinate: type, directives: (definition.directives ?? []) as readonly ConstDirectiveNode[] };
    for (const field of 'fields' in definition ? (definition.fields ?? []) : []) yield* ofField(type, field);
    for (const value of 'values' in definition ? (definition.values ?? []) : [])
      yield { coordinate: `${type}.${value.name.value}`, directives: value.directives ?? [] };
  }
}

function* ofField(type: string, field: FieldDefinitionNode | InputValueDefinitionNode): Generator<Element> {
  const coordinate = `${type}.${field.name.value}`;
  yield { coordinate, directives: field.directives ?? [] };
  for (const argument of 'arguments' in field ? (field.arguments ?? []) : [])
    yield { coordinate: `${coordinate}(${argument.name.value}:)`, directives: argument.directives ?? [] };
}

/** How deeply a document is nested: what compares documents recurses along values, and graphql-js along selections. */

import { Kind, type DocumentNode, type SelectionSetNode, type ValueNode } from 'graphql';

const depthMax = 250;

type Nested = SelectionSetNode | ValueNode;

/** Without what fragments contain, where they are spread. */
export function isTooDeep(document: DocumentNode): boolean {
  const waiting: Array<readonly [node: Nested, depth: number]> = [];
  for (const definition of document.definitions) {
    if (!('selectionSet' in definition)) continue;
    waiting.push([definition.selectionSet, 1]);
    for (const { defaultValue } of definition.variableDefinitions ?? []) {
      if (defaultValue) waiting.push([defaultValue, 1]);
    }
  }
  for (let entry = waiting.pop(); entry; entry = waiting.pop()) {
    const [node, depth] = entry;
    if (depth > depthMax) return true;
    for (const inner of nestedIn(node)) waiting.push([inner, depth + 1]);
  }
  return false;
}

function nestedIn(node: Nested): readonly Nested[] {
  if (node.kind === Kind.LIST) return node.values;
  if (node.kind === Kind.OBJECT) return node.fields.map(({ value }) => value);
  if (node.kind !== Kind.SELECTION_SET) return [];
  return node.selections.flatMap((selection) => {
    const directives = selection.directives ?? [];
    const nodes = [selection, ...directives].flatMap((at) => ('arguments' in at ? (at.arguments ?? []) : []));
    const values: Nested[] = nodes.map(({ value }) => value);
    const selectionSet = 'selectionSet' in selection ? selection.selectionSet : undefined;
    return selectionSet ? [...values, selectionSet] : values;
  });
}

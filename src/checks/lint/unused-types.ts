/** Types that no operation can reach, over all subgraphs together. */

import { kindOf, namedType, type LintGraph, type LintType } from './graph.ts';
import { placeOfType, type LintMark } from './mark.ts';

export function* unusedTypes(graph: LintGraph): Generator<LintMark> {
  const roots = [...graph.types.values()].filter(({ isRoot }) => isRoot);
  // Without all of the graph, what leads to a type may be in the rest.
  if (!graph.isComplete || roots.length === 0) return;
  const reached = reachedTypes(graph, roots);
  for (const type of graph.types.values()) {
    if (reached.has(type.name)) continue;
    yield {
      rule: 'lint-unused-type',
      coordinate: type.coordinate,
      definition: placeOfType(type),
      message: `No field of any subgraph leads to the ${kindOf(type)} type ${type.name}`,
      hint: `Remove \`${type.name}\`, or add a field or an argument that has it as its type`,
      details: [],
    };
  }
}

/**
 * From the root types, along fields and arguments. An interface leads to its implementations in every subgraph, and an
 * object to its interfaces, which fragments can name. An entity needs a field that leads to it like any other type.
 */
function reachedTypes(
  { types, typesOfDirectives }: LintGraph,
  roots: readonly LintType[],
): ReadonlySet<string> {
  const implementations = new Map<string, string[]>();
  for (const type of types.values()) {
    for (const name of type.interfaces) {
      const implementing = implementations.get(name);
      if (implementing) implementing.push(type.name);
      else implementations.set(name, [type.name]);
    }
  }
  const reached = new Set<string>();
  const waiting: string[] = [];
  const reach = (name: string): void => {
    if (reached.has(name)) return;
    reached.add(name);
    waiting.push(name);
  };
  for (const { name } of roots) reach(name);
  for (const name of typesOfDirectives) reach(name);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const type = types.get(name);
    for (const used of type ? namesIn(type) : []) reach(used);
    for (const implementing of implementations.get(name) ?? []) reach(implementing);
  }
  return reached;
}

function* namesIn(type: LintType): Generator<string> {
  yield* type.interfaces;
  yield* type.members;
  for (const field of type.fields.values()) {
    for (const { node } of field.definitions) yield namedType(node.type);
    for (const { definitions } of field.args.values()) {
      for (const { node } of definitions) yield namedType(node.type);
    }
  }
}

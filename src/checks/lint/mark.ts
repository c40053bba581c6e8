/** What a rule finds, before it is a finding of the report. */

import { isTypeExtensionNode } from 'graphql';

import type { LintSettings } from '../../config/checks/checks-file.ts';
import type { LintRule } from '../../config/checks/rules.ts';
import { ownDefinitions, type Definition, type LintElement, type LintGraph, type LintType } from './graph.ts';

export interface LintMark {
  readonly rule: LintRule;
  readonly coordinate: string;
  readonly definition: Definition;
  readonly message: string;
  readonly hint: string;
  /** What is found besides rule and coordinate: neither place nor order. */
  readonly details: readonly string[];
}

export type LintRuleFunction = (graph: LintGraph, settings: LintSettings) => Iterable<LintMark>;

/** Where an element is found that several subgraphs define: in the first that resolves it. */
export function placeOf(element: LintElement): Definition {
  return ownDefinitions(element)[0] as Definition;
}

/** Where a type is found: in the subgraph that has most of its fields, rather than in one that refers to it. */
export function placeOfType(type: LintType): Definition {
  return type.definitions.reduce((best, definition) =>
    sizeOf(definition) > sizeOf(best) ? definition : best,
  );
}

function sizeOf({ subgraph, node }: Definition): number {
  if (isTypeExtensionNode(node) || !('fields' in node)) return 0;
  const external = subgraph.directiveName('external');
  return (node.fields ?? []).filter(
    ({ directives }) => !directives?.some(({ name }) => name.value === external),
  ).length;
}

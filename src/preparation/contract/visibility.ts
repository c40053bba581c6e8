/** Says of any element of a graph why a client sees it or does not, and which tags are likely to surprise. */

import { buildASTSchema, isUnionType, parse, type GraphQLSchema } from 'graphql';

import { nearestName } from '../../config/yaml/suggest.ts';
import type { Contract } from '../../pipeline/contract.ts';
import type { ClientGraph } from './client-graph.ts';
import { causesOf, explanation, ownerOf } from './explanation.ts';
import type { HiddenElements } from './reasons.ts';
import { SchemaElements, type SchemaElement } from './schema-elements.ts';

/** What a contract makes of a graph. */
export interface Outcome {
  readonly graph: ClientGraph;
  readonly contract: Contract;
  readonly hidden: HiddenElements;
}

/**
 * Such as `Product.name is visible: it has the included tag "partner" (subgraph products), and nothing excludes it`.
 *
 * @returns null if the graph has no such element.
 */
export function elementExplanation(coordinate: string, { graph, contract, hidden }: Outcome): string | null {
  const element = new SchemaElements(graph.schema).at(coordinate);
  if (!element) {
    const isInaccessible = !ofFederation.test(coordinate) && fullElements(graph).at(coordinate) !== undefined;
    return isInaccessible ? `${coordinate} is hidden: it is @inaccessible, so no client sees it` : null;
  }
  const whyHidden = explanation(coordinate, hidden, graph.tagSources);
  if (whyHidden === null) {
    const reasons = [...inclusion(element, { graph, contract, hidden }), nothingExcludes(contract)];
    return `${coordinate} is visible: ${reasons.join(', and ')}`;
  }
  const isNotIncluded = causesOf(coordinate, hidden).at(-1)?.reason.kind === 'notIncluded';
  return isNotIncluded ? `${whyHidden} (included: ${quoted(contract.include)})` : whyHidden;
}

/** The coordinate that was probably meant: of the same type, if there is one. */
export function nearestCoordinate(coordinate: string, schema: GraphQLSchema): string | undefined {
  const all = [...new SchemaElements(schema).all()].map((element) => element.coordinate);
  const owner = ownerOf(coordinate);
  const siblings = all.filter((known) => ownerOf(known) === owner);
  return nearestName(coordinate, siblings) ?? nearestName(coordinate, all);
}

export interface TagWarning {
  readonly coordinate: string;
  readonly text: string;
}

/**
 * Tags by which the contract decides, and which come from another subgraph than the first that defines the element: the
 * team of that one may not know that its type is tagged.
 */
export function tagWarnings({ graph, contract, hidden }: Outcome): TagWarning[] {
  const warnings: TagWarning[] = [];
  for (const [coordinate, sources] of graph.tagSources) {
    const first = graph.firstDefinitions.get(coordinate);
    if (first === undefined) continue;
    for (const tag of decidingTags(coordinate, sources.keys(), { graph, contract, hidden })) {
      const names = sources.get(tag) ?? [];
      if (names.includes(first)) continue;
      const text = `${coordinate} has the tag ${JSON.stringify(tag)} from ${subgraphs(names)}, and not from subgraph ${first}, which defines it first: a tag counts for the whole graph`;
      warnings.push({ coordinate, text });
    }
  }
  return warnings;
}

/** Those that have to do with why one element is visible or hidden. */
export function warningsAbout(
  coordinate: string,
  warnings: readonly TagWarning[],
  hidden: HiddenElements,
): TagWarning[] {
  const concerned = new Set(causesOf(coordinate, hidden).map((cause) => cause.coordinate));
  for (let part: string | null = coordinate; part !== null; part = ownerOf(part)) concerned.add(part);
  return warnings.filter((warning) => concerned.has(warning.coordinate));
}

function decidingTags(
  coordinate: string,
  tags: Iterable<string>,
  { graph, contract, hidden }: Outcome,
): readonly string[] {
  const reason = hidden.get(coordinate);
  if (reason) return reason.kind === 'excluded' ? [reason.tag] : [];
  const included = [...tags].filter((tag) => contract.include.includes(tag));
  const first = graph.firstDefinitions.get(coordinate) ?? '';
  const sources = graph.tagSources.get(coordinate);
  // The subgraph that defines it first includes it, too.
  return included.some((tag) => sources?.get(tag)?.includes(first)) ? [] : included;
}

/** Why the included tags let a client see the element. Empty: the contract has none. */
function inclusion({ kind, coordinate, owner }: SchemaElement, { graph, contract }: Outcome): string[] {
  if (contract.include.length === 0) return [];
  const own = includedTag(coordinate, graph, contract);
  if (own !== null) return [`it has ${own}`];
  const ofOwner = owner && includedTag(owner.coordinate, graph, contract);
  if (kind === 'field' && ofOwner) return [`its type ${owner.coordinate} has ${ofOwner}`];
  const needsNone = kind !== 'field' && !isUnionType(graph.schema.getType(coordinate));
  return needsNone ? ['only fields and unions need an included tag'] : [];
}

function includedTag(coordinate: string, graph: ClientGraph, { include }: Contract): string | null {
  const tag = [...(graph.tags.get(coordinate) ?? [])].find((known) => include.includes(known));
  if (tag === undefined) return null;
  const names = graph.tagSources.get(coordinate)?.get(tag) ?? [];
  return `the included tag ${JSON.stringify(tag)}${names.length > 0 ? ` (${subgraphs(names)})` : ''}`;
}

function nothingExcludes({ include, exclude }: Contract): string {
  if (include.length === 0 && exclude.length === 0) return 'the contract names no tags';
  if (exclude.length === 0) return 'the contract excludes nothing';
  return `nothing excludes it (excluded: ${quoted(exclude)})`;
}

function quoted(tags: readonly string[]): string {
  return tags.map((tag) => JSON.stringify(tag)).join(', ');
}

function subgraphs(names: readonly string[]): string {
  return `subgraph${names.length > 1 ? 's' : ''} ${names.join(', ')}`;
}

/** Of a supergraph: for those who plan. */
const ofFederation = /^@|^(?:join|link|core)__/;

/** With what is `@inaccessible`. */
function fullElements({ supergraphSdl }: ClientGraph): SchemaElements {
  return new SchemaElements(
    buildASTSchema(parse(supergraphSdl), { assumeValid: true, assumeValidSDL: true }),
  );
}

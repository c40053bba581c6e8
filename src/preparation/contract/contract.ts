/** What a client sees of a graph under its contract; refuses a contract that does not hold for the graph. */

import type { GraphQLSchema } from 'graphql';

import type { Contract } from '../../pipeline/contract.ts';
import { GatewayError } from '../../shared/errors.ts';
import { buildClientSchema } from './client-schema.ts';
import { causesOf, explanation, hiddenPart, ownerOf } from './explanation.ts';
import { hiddenElements } from './hidden-elements.ts';
import type { HiddenElements } from './reasons.ts';
import type { Tags, TagSources } from './tags.ts';

export interface TaggedGraph {
  /** The API schema. */
  readonly schema: GraphQLSchema;
  readonly tags: Tags;
  /** For messages. Default: they name no subgraph. */
  readonly tagSources?: TagSources;
}

export interface ClientView {
  readonly schema: GraphQLSchema;
  readonly hidden: HiddenElements;
}

/** More lines would not be read. */
const linesMax = 100;

/**
 * @throws {GatewayError} `CONTRACT_INVALID` if no field of `Query` is left or, in mode `strict`, if anything is hidden only
 * because of something else: with a line for each, and what to do. Clients are not told: it names what is hidden.
 */
export function openContract(graph: TaggedGraph, contract: Contract): ClientView {
  const hidden = checkedContract(graph, contract);
  return { schema: buildClientSchema(graph.schema, hidden), hidden };
}

/** What the contract hides, without the schema that it leaves. Throws what `openContract` throws. */
export function checkedContract(graph: TaggedGraph, contract: Contract): HiddenElements {
  const hidden = hiddenElements(graph.schema, graph.tags, contract);
  const query = graph.schema.getQueryType()?.name ?? 'Query';
  const problems = contract.mode === 'strict' ? impliedRemovals(hidden, contract, graph.tagSources) : [];
  if (hidden.has(query)) {
    const text = explanation(query, hidden, graph.tagSources) ?? query;
    problems.unshift(`A query can ask for nothing: ${text}; ${remedy(query, hidden, contract)}`);
  } else if (problems.length > 0) {
    problems.push(
      'Or set "mode: cascade" in the contract, which hides all of these with what they depend on',
    );
  }
  if (problems.length > 0) {
    throw new GatewayError('CONTRACT_INVALID', problems.join('\n'), {
      errors: [{ message: 'The contract of this client does not hold for this graph' }],
    });
  }
  return hidden;
}

/**
 * A line for each element that is hidden although its own tags let the client see it, because of something else that is
 * hidden, and how to say so by a tag. Not for unreachable types.
 */
export function impliedRemovals(
  hidden: HiddenElements,
  contract: Contract,
  tagSources?: TagSources,
): string[] {
  const removed = [...hidden.keys()].filter((coordinate) => isImplied(coordinate, hidden)).sort();
  const lines = removed
    .slice(0, linesMax)
    .map(
      (coordinate) =>
        `${explanation(coordinate, hidden, tagSources)}; ${remedy(coordinate, hidden, contract)}`,
    );
  if (removed.length > linesMax) lines.push(`... and ${removed.length - linesMax} more`);
  return lines;
}

/** Parts of what is itself reported, or of what is unreachable, are not reported. */
function isImplied(coordinate: string, hidden: HiddenElements): boolean {
  if (hidden.get(coordinate)?.kind !== 'implied') return false;
  const owner = ownerOf(coordinate);
  const part = owner === null ? null : hiddenPart(owner, hidden);
  return part === null || hidden.get(part)?.kind === 'empty';
}

function remedy(coordinate: string, hidden: HiddenElements, { include, exclude }: Contract): string {
  const root = causesOf(coordinate, hidden).at(-1);
  if (root?.reason.kind === 'excluded' && coordinate !== root.coordinate)
    return `tag ${coordinate} with ${JSON.stringify(root.reason.tag)} as well`;
  if (root?.reason.kind === 'notIncluded') return `tag ${root.coordinate} with ${oneOf(include)}`;
  return `do not exclude ${oneOf(exclude)}`;
}

function oneOf(tags: readonly string[]): string {
  return tags.map((tag) => JSON.stringify(tag)).join(' or ');
}

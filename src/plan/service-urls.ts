/** Has subgraphs of a supergraph called at other addresses. */

import { Kind, parse, type ConstArgumentNode, type EnumValueDefinitionNode } from 'graphql';

import { errorText } from '../shared/error-text.ts';
import { GatewayError } from '../shared/errors.ts';

interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * @param urls By the name of a subgraph. Names that are not in the supergraph have no effect.
 * @throws {GatewayError} `SUPERGRAPH_INVALID` if it cannot be parsed.
 */
export function withServiceUrls(sdl: string, urls: ReadonlyMap<string, string>): string {
  if (urls.size === 0) return sdl;
  let result = sdl;
  // From the end, so that the places before it stay.
  for (const { start, end, text } of replacements(sdl, urls).toReversed())
    result = result.slice(0, start) + text + result.slice(end);
  return result;
}

function replacements(sdl: string, urls: ReadonlyMap<string, string>): readonly Replacement[] {
  return graphValues(sdl).flatMap(({ directives = [] }) => {
    const args = directives.find(({ name }) => name.value === 'join__graph')?.arguments ?? [];
    const name = argument(args, 'name')?.value;
    const url = argument(args, 'url')?.value;
    const text = name?.kind === Kind.STRING ? urls.get(name.value) : undefined;
    return text !== undefined && url?.loc
      ? [{ start: url.loc.start, end: url.loc.end, text: JSON.stringify(text) }]
      : [];
  });
}

function graphValues(sdl: string): readonly EnumValueDefinitionNode[] {
  try {
    return parse(sdl).definitions.flatMap((definition) =>
      definition.kind === Kind.ENUM_TYPE_DEFINITION && definition.name.value === 'join__Graph'
        ? (definition.values ?? [])
        : [],
    );
  } catch (cause) {
    throw new GatewayError('SUPERGRAPH_INVALID', errorText(cause), { cause });
  }
}

function argument(args: readonly ConstArgumentNode[], name: string): ConstArgumentNode | undefined {
  return args.find((one) => one.name.value === name);
}

/** Graphs with tags, composed as the gateway does, and what a contract leaves of them. */
import { Supergraph } from '@apollo/federation-internals';
import { parse, type GraphQLSchema } from 'graphql';

import type { Contract } from '../../../src/pipeline/contract.ts';
import { composeOrThrow } from '../../../src/preparation/composition/compose.ts';
import {
  readTags,
  readTagSources,
  type Tags,
  type TagSources,
} from '../../../src/preparation/contract/tags.ts';

export interface Graph {
  readonly supergraphSdl: string;
  /** The API schema. */
  readonly schema: GraphQLSchema;
  readonly tags: Tags;
  readonly tagSources: TagSources;
}

const everything: Contract = {
  id: 'test',
  include: [],
  exclude: [],
  hideUnreachableTypes: false,
  mode: 'cascade',
  introspection: true,
  hiddenMembers: 'null',
};

export function contractOf(rules: Partial<Contract>): Contract {
  return { ...everything, ...rules };
}

/** @param schemas By the name of the subgraph, without links. */
export function composedGraph(schemas: Readonly<Record<string, string>>): Graph {
  const subgraphs = Object.entries(linkedSubgraphs(schemas)).map(([name, sdl]) => ({
    name,
    url: `http://${name}.test`,
    file: `${name}.graphql`,
    sdl,
  }));
  const supergraphSdl = composeOrThrow(subgraphs);
  return {
    supergraphSdl,
    schema: Supergraph.build(supergraphSdl).apiSchema().toGraphQLJSSchema(),
    tags: readTags(parse(supergraphSdl)),
    tagSources: readTagSources(subgraphs),
  };
}

/** With links, where there are none. */
export function linkedSubgraphs(schemas: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, sdl]) => [name, sdl.includes('@link') ? sdl : link + sdl]),
  );
}

const link = `
  extend schema @link(
    url: "https://specs.apollo.dev/federation/v2.5"
    import: ["@key", "@shareable", "@inaccessible", "@tag", "@external", "@interfaceObject"]
  )
`;

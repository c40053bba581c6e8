/** A subgraph as lint reads it: its document, and the names that it has for what federation defines. */

import { GraphQLError, Kind, parse, Source, type ConstDirectiveNode, type DocumentNode } from 'graphql';

import {
  costFeature,
  linksOf,
  listSizeDirective,
  tagDirective,
} from '../../preparation/supergraph/features.ts';
import type { SubgraphSchema } from '../../preparation/composition/compose.ts';

export interface LintSubgraph {
  readonly name: string;
  /** Shown in messages. */
  readonly file: string;
  readonly document: DocumentNode;
  /** Names of root types, by which supergraphs call them: `Query`, `Mutation`, `Subscription`. */
  readonly rootNames: ReadonlyMap<string, string>;
  /** Whether federation or another specification that is linked defines a type, and not the subgraph's author. */
  isForeignType(name: string): boolean;
  /** The name of a directive of federation here, such as `federation__key` for `key`. */
  directiveName(name: FederationDirective): string;
  /** Whether its lists are meant to have a size: it imports `@cost` or `@listSize`. */
  readonly linksCost: boolean;
}

export type FederationDirective =
  'key' | 'external' | 'inaccessible' | 'interfaceObject' | 'tag' | 'listSize';

const federation = /^https:\/\/specs\.apollo\.dev\/federation\/v/;
/** Types of federation's specifications, which have these names without a link or where they are imported. */
const foreignTypes: ReadonlySet<string> = new Set([
  '_Any',
  '_Entity',
  '_Service',
  '_FieldSet',
  'FieldSet',
  'ContextFieldValue',
  'Scope',
  'Policy',
  'CacheTagFormat',
  'Import',
  'Purpose',
]);
const rootKinds = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const;

/** Null for a text that is no schema: composition reports why. */
export function lintSubgraph({ name, sdl, file }: SubgraphSchema): LintSubgraph | null {
  const document = parsed(sdl, name);
  if (!document) return null;
  const links = linksOf(document);
  const federationLink = links.find(({ url }) => federation.test(url));
  const namespaces = ['federation', 'link', 'core', ...links.map(({ namespace }) => namespace)];
  const importedTypes = new Set(
    links.flatMap(({ imports }) =>
      [...imports].flatMap(([spec, own]) => (foreignTypes.has(spec) ? own : [])),
    ),
  );
  const ownNames = {
    listSize: listSizeDirective(document) ?? 'listSize',
    tag: tagDirective(document) ?? 'tag',
  };
  return {
    name,
    file,
    document,
    rootNames: rootNamesOf(document),
    isForeignType: (type) =>
      (type.startsWith('_') && foreignTypes.has(type)) ||
      importedTypes.has(type) ||
      // Federation 1 defines the argument of its directives itself.
      (links.length === 0 && type === 'FieldSet') ||
      namespaces.some((namespace) => type.startsWith(`${namespace}__`)),
    directiveName: (directive) =>
      directive === 'listSize' || directive === 'tag'
        ? ownNames[directive]
        : (federationLink?.nameOf(directive) ?? directive),
    linksCost: links.some(
      ({ url, imports }) =>
        url === costFeature || (federation.test(url) && (imports.has('cost') || imports.has('listSize'))),
    ),
  };
}

/** Of an element that may have several, such as `@tag`. */
export function directivesOf(
  { subgraph, node }: { readonly subgraph: LintSubgraph; readonly node: WithDirectives },
  name: FederationDirective,
): readonly ConstDirectiveNode[] {
  const local = subgraph.directiveName(name);
  return node.directives?.filter((directive) => directive.name.value === local) ?? [];
}

interface WithDirectives {
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}

function parsed(sdl: string, name: string): DocumentNode | null {
  try {
    return parse(new Source(sdl, name));
  } catch (error) {
    // The parser recurses: types nested deeper than its stack are a mistake that composition reports.
    if (error instanceof GraphQLError || error instanceof RangeError) return null;
    throw error;
  }
}

/** A schema definition replaces the names that root types have without one. */
function rootNamesOf({ definitions }: DocumentNode): ReadonlyMap<string, string> {
  const names = new Map(Object.values(rootKinds).map((name) => [name as string, name as string]));
  for (const definition of definitions) {
    if (definition.kind !== Kind.SCHEMA_DEFINITION && definition.kind !== Kind.SCHEMA_EXTENSION) continue;
    for (const { operation, type } of definition.operationTypes ?? [])
      names.set(type.name.value, rootKinds[operation]);
  }
  return names;
}

/**
 * Features that a supergraph links beyond plain federation: which of them the gateway supports, which it loads only if the
 * configuration accepts that they are not enforced, and which it refuses.
 *
 * ApolloGateway supports fewer features, so it gets a supergraph that does not require them.
 */

import {
  Kind,
  visit,
  type ConstDirectiveNode,
  type ConstValueNode,
  type DirectiveNode,
  type DocumentNode,
} from 'graphql';

import { GatewayError } from '../../shared/errors.ts';
import { own } from '../../shared/records.ts';
import { eachDirective } from './applied-directives.ts';

/** The specification of `@cost` and `@listSize`. */
export const costFeature = 'https://specs.apollo.dev/cost/v0.1';

/** Directives of features that ApolloGateway refuses and our planner loads, by the url of their specification. */
const featureDirectives: Readonly<Record<string, readonly string[]>> = {
  'https://specs.apollo.dev/authenticated/v0.1': ['authenticated'],
  'https://specs.apollo.dev/requiresScopes/v0.1': ['requiresScopes'],
  'https://specs.apollo.dev/policy/v0.1': ['policy'],
  [costFeature]: ['cost', 'listSize'],
  'https://specs.apollo.dev/cacheTag/v0.1': ['cacheTag'],
  'https://specs.apollo.dev/context/v0.1': ['context', 'fromContext'],
};

const identities = new Set(Object.keys(featureDirectives).map(identityOf));

const enforced = new Set([
  'context',
  'fromContext',
  'authenticated',
  'requiresScopes',
  'policy',
  'cost',
  'listSize',
]);

/** Features that ApolloGateway checks itself, including versions. */
const plainFederation = /^https:\/\/specs\.apollo\.dev\/(?:core|link|join|tag|inaccessible)\/v/;

const federation = /^https:\/\/specs\.apollo\.dev\/federation\/v/;
const tagFeatures = /^https:\/\/specs\.apollo\.dev\/(?:tag|federation)\/v/;
const join = /^https:\/\/specs\.apollo\.dev\/join\/v/;

export interface Link {
  readonly node: ConstDirectiveNode;
  readonly url: string;
  /** Of the names of its elements that are not imported, such as `federation__FieldSet`. */
  readonly namespace: string;
  /** Names in this document of the directives and types that are imported, by their name in the specification. */
  readonly imports: ReadonlyMap<string, string>;
  /** `SECURITY` and `EXECUTION` features must be understood to serve the supergraph. */
  readonly purpose: string | undefined;
  /** Names of its directives in this supergraph, by their name in the specification. */
  readonly names: ReadonlyMap<string, string>;
  /** The name of any of its directives in this document, by its name in the specification. */
  readonly nameOf: (directive: string) => string;
}

const noSupergraph =
  'It is no supergraph, as it does not link the join specification: compose subgraphs with "tributary compose --out FILE", or serve their graph.yaml with --graph';

/**
 * @param allowUnenforced Directives that the configuration accepts although the gateway does not enforce them.
 * @throws {GatewayError} `SUPERGRAPH_INVALID` for the schema of a subgraph, and with every unsupported feature and what to do.
 */
export function assertServable(supergraph: DocumentNode, allowUnenforced: readonly string[]): void {
  const links = linksOf(supergraph);
  if (!links.some(({ url }) => join.test(url))) throw new GatewayError('SUPERGRAPH_INVALID', noSupergraph);
  const unknown = links.filter(
    ({ url, purpose }) =>
      !Object.hasOwn(featureDirectives, url) &&
      !plainFederation.test(url) &&
      // An unknown version of a known feature is refused even if its link has no purpose (`for:`).
      (purpose !== undefined || identities.has(identityOf(url))),
  );
  const unenforced = links
    .flatMap(({ names }) => usedDirectives(names, supergraph))
    .filter((name) => !enforced.has(name) && !allowUnenforced.includes(name));
  const reasons = unknown.map(
    ({ url, purpose = 'nothing said' }) =>
      `The supergraph needs ${url} (for: ${purpose}), which this gateway does not support`,
  );
  if (unenforced.length > 0) {
    const directives = unenforced.map((name) => `@${name}`).join(', ');
    const fix = `allowUnenforced: [${[...new Set([...allowUnenforced, ...unenforced])].join(', ')}]`;
    reasons.push(
      `The supergraph uses ${directives}, which this gateway does not enforce: remove them, or accept that with "${fix}" in gateway.yaml`,
    );
  }
  if (reasons.length > 0) throw new GatewayError('SUPERGRAPH_INVALID', reasons.join('\n'));
}

/**
 * The supergraph for ApolloGateway, which refuses unknown features with a purpose (`for:`). It executes nothing here, so
 * the purposes are removed; the features stay, because the rest of the supergraph refers to them.
 */
export function withoutPurposes(supergraph: DocumentNode): DocumentNode {
  const links = linksOf(supergraph).filter(({ names, purpose }) => names.size > 0 && purpose !== undefined);
  if (links.length === 0) return supergraph;
  const linkNodes = new Set<DirectiveNode>(links.map(({ node }) => node));
  return visit(supergraph, {
    Directive: (node): DirectiveNode | undefined =>
      linkNodes.has(node)
        ? { ...node, arguments: node.arguments?.filter(({ name }) => name.value !== 'for') ?? [] }
        : undefined,
  });
}

/** The supergraph without `@cost` and `@listSize`: ApolloGateway and the planner do not need them, and refuse some forms. */
export function withoutCosts(supergraph: DocumentNode): DocumentNode {
  const names = [directiveName(supergraph, 'cost'), directiveName(supergraph, 'listSize')];
  if (names.every((name) => name === undefined)) return supergraph;
  return visit(supergraph, { Directive: ({ name }) => (names.includes(name.value) ? null : undefined) });
}

/** The name of a feature's directive, such as `authenticated`, in a supergraph; undefined if it does not link the feature. */
export function directiveName(supergraph: DocumentNode, name: string): string | undefined {
  for (const { names } of linksOf(supergraph)) if (names.has(name)) return names.get(name);
  return undefined;
}

/** The name of a custom directive in a supergraph, whatever specification it comes from; undefined if it is not defined. */
export function composedDirectiveName(supergraph: DocumentNode, name: string): string | undefined {
  const imported = linksOf(supergraph).flatMap(
    ({ node }) => importsOf(valueOf(node, 'import')).get(name) ?? [],
  );
  return [...imported, name].find((one) =>
    supergraph.definitions.some(
      (definition) => definition.kind === Kind.DIRECTIVE_DEFINITION && definition.name.value === one,
    ),
  );
}

/** The name of `@listSize` in a subgraph; undefined if it does not link federation or the specification of cost. */
export function listSizeDirective(subgraph: DocumentNode): string | undefined {
  return linksOf(subgraph)
    .find(({ url }) => url === costFeature || federation.test(url))
    ?.nameOf('listSize');
}

/** The name of `@tag` in a supergraph or a subgraph; undefined if it cannot have tags. */
export function tagDirective(document: DocumentNode): string | undefined {
  const links = linksOf(document);
  const link = links.find(({ url }) => tagFeatures.test(url));
  if (link) return link.nameOf('tag');
  // Subgraphs of federation 1 have every directive without a link.
  return links.some(({ url }) => join.test(url)) ? undefined : 'tag';
}

/** Names that a subgraph imports from federation, without `@`; undefined without a link: then all names are available. */
export function federationImports(subgraph: DocumentNode): ReadonlySet<string> | undefined {
  const links = linksOf(subgraph).filter(({ url }) => federation.test(url));
  if (links.length === 0) return undefined;
  return new Set(links.flatMap(({ node }) => [...importsOf(valueOf(node, 'import')).values()]));
}

/** For a specification with several directives, only those that the supergraph uses. */
function usedDirectives(names: ReadonlyMap<string, string>, supergraph: DocumentNode): string[] {
  // A single directive may be applied within @join__directive, which is not visible here.
  if (names.size === 1) return [...names.keys()];
  const applied = new Set<string>();
  eachDirective(supergraph, ({ name }) => void applied.add(name.value));
  return [...names].flatMap(([name, localName]) => (applied.has(localName) ? [name] : []));
}

/** The specifications that a supergraph or a subgraph links. */
export function linksOf(document: DocumentNode): Link[] {
  return document.definitions
    .filter((node) => node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION)
    .flatMap(({ directives = [] }) => directives.flatMap(toLink));
}

/** The url without its version. */
function identityOf(url: string): string {
  return url.split('/').slice(0, -1).join('/');
}

/** `@link(url:)`, or `@core(feature:)` of old supergraphs, whatever its name. */
function toLink(node: ConstDirectiveNode): Link[] {
  const url = text(valueOf(node, 'url')) ?? text(valueOf(node, 'feature'));
  if (url === undefined) return [];
  const purpose = valueOf(node, 'for');
  const namespace = text(valueOf(node, 'as')) ?? url.split('/').at(-2) ?? '';
  const imports = importsOf(valueOf(node, 'import'));
  const specName = url.split('/').at(-2);
  const nameOf = (name: string): string =>
    imports.get(name) ?? (name === specName ? namespace : `${namespace}__${name}`);
  const names = new Map((own(featureDirectives, url) ?? []).map((name) => [name, nameOf(name)]));
  const purposeName = purpose?.kind === Kind.ENUM ? purpose.value : undefined;
  return [{ node, url, namespace, imports, purpose: purposeName, names, nameOf }];
}

/** `["@a", { name: "@b", as: "@c" }]` as names without `@`. */
function importsOf(list: ConstValueNode | undefined): Map<string, string> {
  const imports = new Map<string, string>();
  if (list?.kind !== Kind.LIST) return imports;
  for (const element of list.values) {
    if (element.kind === Kind.STRING) imports.set(withoutAt(element.value), withoutAt(element.value));
    if (element.kind !== Kind.OBJECT) continue;
    const fields = new Map(element.fields.map((field) => [field.name.value, text(field.value)]));
    const name = fields.get('name');
    if (name !== undefined) imports.set(withoutAt(name), withoutAt(fields.get('as') ?? name));
  }
  return imports;
}

function withoutAt(name: string): string {
  return name.replace(/^@/, '');
}

function valueOf(node: ConstDirectiveNode, name: string): ConstValueNode | undefined {
  return node.arguments?.find((argument) => argument.name.value === name)?.value;
}

function text(value: ConstValueNode | undefined): string | undefined {
  return value?.kind === Kind.STRING ? value.value : undefined;
}

/** A state's graph, composed: its schemas, and where each element is defined. */

import {
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  parse,
  Source,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';

import { compose, type Composition, type SubgraphSchema } from '../preparation/composition/compose.ts';
import type { CompositionNote } from '../preparation/composition/notes.ts';
import { SchemaIndex } from '../preparation/composition/schema-index.ts';
import { openClientGraph, type ClientGraph } from '../preparation/contract/client-graph.ts';
import { loadUnconfigured, type LoadedSupergraph } from '../preparation/supergraph/supergraph.ts';
import { errorText } from '../shared/error-text.ts';
import { newFinding } from './new-finding.ts';
import type { FileLocation, Finding } from './report.ts';
import type { StateGraph } from './states/state.ts';

export interface OpenGraph extends ClientGraph {
  readonly supergraph: DocumentNode;
  /** Of the first definition. Null: it is not there, or the graph was composed elsewhere. */
  readonly locationOf: (coordinate: string) => FileLocation | null;
  /** As the gateway loads it, without a planner yet: what composes may still be unusable. */
  readonly loaded: LoadedSupergraph;
  /** Of composition, without those that need a check of all queries. */
  readonly hints: readonly Finding[];
}

/**
 * Without a check that every query can be planned: that is `compositionFindings`, which may run beside what follows.
 *
 * @returns Or why it is none.
 */
export function openGraph(graph: StateGraph): OpenGraph | { readonly findings: readonly Finding[] } {
  if (graph.kind === 'supergraph') return opened(graph.sdl, graph, []);
  const composition = compose(graph.subgraphs, { checksSatisfiability: false });
  const findings = compositionFindings(composition);
  return 'errors' in composition ? { findings } : opened(composition.supergraphSdl, graph, findings);
}

/** Of subgraphs whose text is no schema. */
export function schemaProblems(subgraphs: readonly SubgraphSchema[]): Finding[] {
  const composition = subgraphs.length === 0 ? null : compose(subgraphs, { checksSatisfiability: false });
  return compositionFindings(composition ?? { errors: [] }).filter(({ stage }) => stage === 'parse');
}

/** Errors and hints of a whole composition. */
export function compositionFindings(composition: Composition): Finding[] {
  return 'errors' in composition ? composition.errors.map(errorFinding) : composition.hints.map(hintFinding);
}

function opened(
  sdl: string,
  graph: StateGraph,
  hints: readonly Finding[],
): OpenGraph | { readonly findings: readonly Finding[] } {
  const subgraphs = graph.kind === 'subgraphs' ? graph.subgraphs : [];
  try {
    const index = new SchemaIndex(
      subgraphs.map(({ sdl: text, ...subgraph }) => ({ ...subgraph, document: parse(new Source(text)) })),
    );
    const locationOf = (coordinate: string): FileLocation | null => {
      const [location] = index.locationsOf([coordinate]);
      return location ? locationIn(location) : null;
    };
    const loaded = loadUnconfigured(sdl);
    return {
      ...openClientGraph(sdl, subgraphs, loaded.schema),
      loaded,
      hints,
      supergraph: parse(sdl, { noLocation: true }),
      locationOf,
    };
  } catch (error) {
    const location = { file: graph.file, line: 1, column: 1 };
    const message = errorText(error);
    return {
      findings: [
        newFinding({ rule: 'supergraph-invalid', stage: 'compose', severity: 'error', message, location }),
      ],
    };
  }
}

/** The types whose directives protect a field as well as its own. Null: there is no such element. */
export function protectingTypes(schema: GraphQLSchema, coordinate: string): readonly string[] | null {
  const [typeName = '', fieldName] = coordinate.replace(/\(.*$/, '').split('.');
  const type = schema.getType(typeName);
  if (!type) return null;
  if (fieldName === undefined) return [];
  if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) return [typeName];
  const field = type.getFields()[fieldName];
  return field ? [typeName, getNamedType(field.type).name] : null;
}

function errorFinding({ code, message, coordinate, locations }: CompositionNote): Finding {
  const isOfOneSchema = code === 'INVALID_GRAPHQL';
  const [first] = locations;
  return newFinding({
    rule: isOfOneSchema ? 'schema-invalid' : 'composition-error',
    stage: isOfOneSchema ? 'parse' : 'compose',
    severity: 'error',
    message: `${code}: ${message}`,
    coordinate: coordinate ?? null,
    location: first ? locationIn(first) : null,
  });
}

function hintFinding({ code, message, coordinate, locations }: CompositionNote): Finding {
  const [first] = locations;
  return newFinding({
    rule: 'composition-hint',
    stage: 'compose',
    severity: 'notice',
    message: `${code}: ${message}`,
    coordinate: coordinate ?? null,
    location: first ? locationIn(first) : null,
  });
}

function locationIn({ file, line, column }: FileLocation): FileLocation {
  return { file, line, column };
}

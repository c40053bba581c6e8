/** What a client sees of both states. Clients with equal contracts share it. */

import type { GraphQLSchema } from 'graphql';

import { anonymousClient } from '../config/client/client-folders.ts';
import { impliedRemovals, openContract } from '../preparation/contract/contract.ts';
import { errorText } from '../shared/error-text.ts';
import { isGatewayError } from '../shared/errors.ts';
import { newFinding } from './new-finding.ts';
import type { OpenGraph } from './open-graph.ts';
import type { Finding } from './report.ts';
import { anyClient, type SchemaState, type StateClient } from './states/state.ts';

export interface CheckedClient {
  readonly name: string;
  readonly owner: string;
  /** Null: it is not there, or sees the whole graph if it is `anyClient`. */
  readonly base: StateClient | null;
  readonly head: StateClient | null;
}

export interface ComparedSchemas {
  readonly base: GraphQLSchema;
  readonly head: GraphQLSchema;
  /** What its operations were answered with before: that of unknown clients, where it is new. */
  readonly answeredBy: GraphQLSchema;
}

export interface ClientViews {
  /** Null: there is none to compare. */
  readonly schemas: ComparedSchemas | null;
  readonly findings: readonly Finding[];
}

interface View {
  /** Null: the contract does not hold. */
  readonly schema: GraphQLSchema | null;
  /** What is hidden because of something else, or why the contract does not hold. */
  readonly lines: readonly string[];
}

/** By name. */
export function clientsOf(base: SchemaState, head: SchemaState): CheckedClient[] {
  const configured = (clients: readonly StateClient[], name: string): StateClient | null =>
    clients.find((client) => client.name === name) ?? null;
  const names = [...new Set([...head.clients, ...base.clients].map(({ name }) => name))].toSorted();
  const hasOthers = head.operations.some(({ client }) => !configured(head.clients, client));
  const isUnconfigured = hasOthers && !configured(head.clients, anonymousClient);
  // Without clients everybody saw the whole graph: what changes of it is no less a change once there is one.
  const isWhole = base.clients.length === 0 || isUnconfigured;
  if (isWhole && !names.includes(anyClient)) names.push(anyClient);
  return names.map((name) => {
    const client = { name, base: configured(base.clients, name), head: configured(head.clients, name) };
    return { ...client, owner: (client.head ?? client.base)?.owner ?? '' };
  });
}

export interface ComparedGraphs {
  readonly base: OpenGraph;
  readonly head: OpenGraph;
}

/** How each state answers clients that it does not configure. Null: with the whole graph. */
export interface Anonymous {
  readonly base: StateClient | null;
  readonly head: StateClient | null;
}

export class Views {
  readonly #graphs: ComparedGraphs;
  readonly #anonymous: Anonymous;
  readonly #opened = { base: new Map<string, View>(), head: new Map<string, View>() };

  constructor(graphs: ComparedGraphs, anonymous: Anonymous) {
    this.#graphs = graphs;
    this.#anonymous = anonymous;
  }

  of({ name, base, head }: CheckedClient): ClientViews {
    if (base === null && head === null) {
      const { base: before, head: after } = this.#graphs;
      return { schemas: compared(before.schema, after.schema), findings: [] };
    }
    if (head === null) return this.#removed(name, base);
    const after = this.#view('head', head);
    if (after.schema === null) return { schemas: null, findings: [invalid(head, after.lines)] };
    const findings = implied(head, after.lines);
    const before = base === null ? null : this.#view('base', base).schema;
    if (before !== null) return { schemas: compared(before, after.schema), findings };
    findings.push(added(name));
    // Nothing of its schema has changed, but its operations were answered before.
    const answeredBy = (base === null ? this.#ofUnknown('base') : null) ?? after.schema;
    return { schemas: { base: after.schema, head: after.schema, answeredBy }, findings };
  }

  /** Null: the contract does not hold. */
  #ofUnknown(side: 'base' | 'head'): GraphQLSchema | null {
    const anonymous = this.#anonymous[side];
    return anonymous === null ? this.#graphs[side].schema : this.#view(side, anonymous).schema;
  }

  #removed(name: string, client: StateClient | null): ClientViews {
    const before = client === null ? null : this.#view('base', client).schema;
    const after = this.#ofUnknown('head');
    const schemas = before === null || after === null ? null : compared(before, after);
    return { schemas, findings: [removed(name)] };
  }

  #view(side: 'base' | 'head', { contract }: StateClient): View {
    const opened = this.#opened[side].get(contract.id);
    if (opened) return opened;
    const view = openView(this.#graphs[side], contract);
    this.#opened[side].set(contract.id, view);
    return view;
  }
}

function compared(base: GraphQLSchema, head: GraphQLSchema): ComparedSchemas {
  return { base, head, answeredBy: base };
}

function openView(graph: OpenGraph, contract: StateClient['contract']): View {
  try {
    const { schema, hidden } = openContract(graph, contract);
    return { schema, lines: impliedRemovals(hidden, contract, graph.tagSources) };
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    return { schema: null, lines: [errorText(error)] };
  }
}

function removed(client: string): Finding {
  const message = `The client ${client} is removed: its requests are those of an unknown client from then on`;
  return newFinding({ rule: 'client-removed', stage: 'contract', severity: 'warning', client, message });
}

function added(client: string): Finding {
  const message = `${client} is new, or its contract did not hold before: there is no schema of its own to compare with`;
  return newFinding({ rule: 'client-added', stage: 'contract', severity: 'notice', client, message });
}

function invalid({ name: client, file }: StateClient, lines: readonly string[]): Finding {
  const location = { file, line: 1, column: 1 };
  const message = lines.join('\n');
  return newFinding({
    rule: 'contract-invalid',
    stage: 'contract',
    severity: 'error',
    client,
    message,
    location,
  });
}

function implied({ name: client, file }: StateClient, lines: readonly string[]): Finding[] {
  const location = { file, line: 1, column: 1 };
  return lines.map((message) =>
    newFinding({ rule: 'implied-removal', stage: 'contract', severity: 'notice', client, message, location }),
  );
}

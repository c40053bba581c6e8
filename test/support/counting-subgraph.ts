/** A GraphQL backend that answers 1 to every root field without a selection and null to others, and counts its calls. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { parse } from 'graphql';

export interface CountingSubgraph {
  readonly url: string;
  readonly calls: number;
  /** The host headers that came. */
  readonly hosts: ReadonlySet<string>;
  close(): Promise<void>;
}

export async function countingSubgraph({
  host = '127.0.0.1',
  port: given = 0,
} = {}): Promise<CountingSubgraph> {
  let calls = 0;
  const hosts = new Set<string>();
  const server = createServer((request, response) => {
    calls += 1;
    hosts.add(request.headers.host ?? '');
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { query } = JSON.parse(body) as { query: string };
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ data: answerTo(query) }));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(given, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}/graphql`,
    hosts,
    get calls() {
      return calls;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answerTo(query: string): Record<string, number | null> {
  const [operation] = parse(query).definitions;
  const selections =
    operation && 'selectionSet' in operation ? (operation.selectionSet?.selections ?? []) : [];
  const fields = selections.flatMap((one) => (one.kind === 'Field' ? [one] : []));
  // A composite field stays null: nobody here needs what is in it.
  return Object.fromEntries(
    fields.map(({ alias, name, selectionSet }) => [(alias ?? name).value, selectionSet ? null : 1]),
  );
}

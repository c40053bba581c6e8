/**
 * A GraphQL backend that writes down every id it was asked to spend, and is as unreliable as it is told to be: the
 * ledger, not the gateway, says what happened.
 */

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Mood =
  'well' | 'status 503' | 'status 500' | 'no answer' | 'hangs up' | 'half an answer' | 'not JSON';

export interface Ledger {
  readonly port: number;
  /** How it answers; it has written the id down before. */
  mood: Mood;
  /** How often each id arrived. */
  readonly arrivals: ReadonlyMap<string, number>;
  /** Requests, with or without an id. */
  readonly requests: number;
  close(): Promise<void>;
}

/** What the subgraph in front of it is. */
export const ledgerSdl = `
  type Query { balance(id: ID!): Int }
  type Mutation { spend(id: ID!): Boolean }
`;

export async function openLedger(): Promise<Ledger> {
  const arrivals = new Map<string, number>();
  let requests = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      requests += 1;
      const { query, variables } = JSON.parse(Buffer.concat(chunks).toString()) as GraphqlBody;
      const isMutation = query.startsWith('mutation');
      const [id = ''] = Object.values(variables ?? {});
      if (isMutation) arrivals.set(id, (arrivals.get(id) ?? 0) + 1);
      answer(response, ledger.mood, isMutation ? { spend: true } : { balance: 1 });
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const ledger: Ledger = {
    port: (server.address() as AddressInfo).port,
    mood: 'well',
    arrivals,
    get requests() {
      return requests;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return ledger;
}

interface GraphqlBody {
  readonly query: string;
  readonly variables?: Readonly<Record<string, string>>;
}

function answer(response: ServerResponse, mood: Mood, data: object): void {
  const text = JSON.stringify({ data });
  switch (mood) {
    case 'well':
      response.writeHead(200, { 'content-type': 'application/json' }).end(text);
      return;
    case 'status 500':
    case 'status 503':
      response.writeHead(mood === 'status 500' ? 500 : 503).end('broken');
      return;
    case 'no answer':
      return;
    case 'hangs up':
      response.destroy();
      return;
    case 'half an answer':
      response.writeHead(200, { 'content-length': text.length });
      response.write(text.slice(0, 5), () => response.destroy());
      return;
    case 'not JSON':
      response.writeHead(200).end('<html>');
      return;
  }
}

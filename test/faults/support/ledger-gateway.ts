/** A gateway whose one subgraph is a ledger behind a fault proxy. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ask, type AskOptions, type GraphqlReply } from '../../support/ask.ts';
import { openFaultProxy, type FaultProxy } from '../proxy/fault-proxy.ts';
import { ledgerSdl, openLedger, type Ledger } from './ledger.ts';
import { startGateway } from './stage.ts';

export interface LedgerGateway {
  readonly url: string;
  readonly ledger: Ledger;
  readonly proxy: FaultProxy;
  balance(id: string, options?: AskOptions): Promise<GraphqlReply>;
  spend(id: string, options?: AskOptions): Promise<GraphqlReply>;
  close(): Promise<void>;
}

const graph = `
subgraphs:
  ledger:
    kind: graphql
    url: \${LEDGER_URL}
    schema: ledger.graphql
    owner: test-team
`;

/**
 * @param settings Text of gateway.yaml.
 * @param address Of another backend that the gateway calls in place of the ledger.
 */
export async function openLedgerGateway(settings: string, address?: string): Promise<LedgerGateway> {
  const ledger = await openLedger();
  const proxy = await openFaultProxy({ port: ledger.port });
  const folder = await mkdtemp(join(tmpdir(), 'tributary-ledger-'));
  const leave = async (): Promise<void> => {
    await proxy.close();
    await ledger.close();
    await rm(folder, { recursive: true });
  };
  try {
    await writeFile(join(folder, 'ledger.graphql'), ledgerSdl);
    await writeFile(join(folder, 'graph.yaml'), graph);
    const environment = { LEDGER_URL: address ?? `http://127.0.0.1:${proxy.port}/graphql` };
    const gateway = await startGateway({ graph: join(folder, 'graph.yaml'), environment, settings });
    const { url } = gateway;
    const send = (text: string, id: string, options: AskOptions = {}): Promise<GraphqlReply> =>
      ask(url, text, { ...options, variables: { id } });
    return {
      url,
      ledger,
      proxy,
      balance: (id, options) => send('query ($id: ID!) { balance(id: $id) }', id, options),
      spend: (id, options) => send('mutation ($id: ID!) { spend(id: $id) }', id, options),
      async close() {
        await gateway.close();
        await leave();
      },
    };
  } catch (error) {
    await leave();
    throw error;
  }
}

/** Runs `count` of them, `atOnce` at a time. */
export async function inParallel(
  count: number,
  atOnce: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work((next += 1) - 1);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

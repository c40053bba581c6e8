/** A gateway whose graph has a large answer, for tests and benchmarks of clients that do not read. */

import { createServer } from 'node:http';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { compose } from '../../src/preparation/composition/compose.ts';
import { measuredGateway, type MeasuredGateway } from './measured-gateway.ts';

export interface LargeGateway {
  readonly gateway: MeasuredGateway;
  /** Of its process. */
  readonly descriptors: () => Promise<number>;
  readonly close: () => Promise<void>;
}

export const largeBytes = 8_000_000;
const sdl = 'type Query { large: String quick: Int never: Int }';

/** @param config Of a gateway.yaml. */
export async function largeGateway(config: string): Promise<LargeGateway> {
  const large = JSON.stringify({ data: { large: 'x'.repeat(largeBytes) } });
  const backend = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      if (body.includes('never')) return;
      response.setHeader('content-type', 'application/json');
      response.end(body.includes('large') ? large : '{"data":{"quick":1}}');
    });
  });
  await new Promise<void>((resolve) => {
    backend.listen(0, '127.0.0.1', resolve);
  });
  const { port } = backend.address() as AddressInfo;
  const folder = await mkdtemp(join(tmpdir(), 'tributary-large-'));
  const leave = async (): Promise<void> => {
    backend.closeAllConnections();
    backend.close();
    await rm(folder, { recursive: true });
  };
  try {
    const url = `http://127.0.0.1:${port}/`;
    const composed = compose([{ name: 'large', url, file: 'large.graphql', sdl }]);
    if (!('supergraphSdl' in composed)) throw new Error('The large graph does not compose');
    const [supergraph, gatewayYaml] = [join(folder, 'supergraph.graphql'), join(folder, 'gateway.yaml')];
    await writeFile(supergraph, composed.supergraphSdl);
    await writeFile(gatewayYaml, config);
    const gateway = await measuredGateway(['--supergraph', supergraph, '--config', gatewayYaml]);
    return {
      gateway,
      descriptors: async () => (await readdir(`/proc/${gateway.pid}/fd`)).length,
      async close() {
        await gateway.end();
        await leave();
      },
    };
  } catch (error) {
    await leave();
    throw error;
  }
}

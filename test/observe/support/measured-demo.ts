/** The demo's gateway as a process of its own, whose metrics are compared with what was asked of it. */

import { dirname, join } from 'node:path';

import { onTestFinished } from 'vitest';

import { type Mocks, startMocks } from '../../../subgraphs-mock/start.ts';
import { folderWith } from '../../support/folder.ts';
import { patient } from '../../support/patient.ts';
import { addressVariables, graphPath } from '../../support/shop.ts';
import { servedAt, type Tributary, tributary } from '../../support/tributary.ts';

export interface MeasuredDemo {
  readonly url: string;
  readonly metricsUrl: string;
  readonly mocks: Mocks;
  readonly running: Tributary;
}

/** For one test. @param settings Lines of gateway.yaml. */
export async function measuredDemo(settings: string, args: readonly string[] = []): Promise<MeasuredDemo> {
  const schemas = dirname(graphPath);
  const mocks = await startMocks({ portBase: 0 });
  onTestFinished(() => mocks.close());
  const folder = await folderWith({
    'gateway.yaml': `${patient}
auth: { apiKeys: { file: ${join(schemas, 'demo/api-keys.json')}, lastUsedMs: 0 } }
clients: { folder: ${join(schemas, 'clients')} }
authorization: { policy: ${join(schemas, 'policy/permissions.ts')} }
${settings}`,
  });
  const serve = ['serve', '--graph', graphPath, '--config', join(folder, 'gateway.yaml'), '--port', '0'];
  const running = tributary([...serve, ...args], { environment: addressVariables(mocks) });
  const [, metricsUrl = ''] = await running.printed(/"url":"([^"]+)","msg":"metrics listening"/);
  return { url: await servedAt(running), metricsUrl, mocks, running };
}

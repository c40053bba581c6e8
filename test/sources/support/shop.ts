/** The mock services on free ports, and the gateway's subgraphs over them, for the tests of one file. */

import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, beforeEach } from 'vitest';

import { loadGraphFile } from '../../../src/config/graph/file.ts';
import { type LoadedSubgraphs, loadSubgraphs } from '../../../src/services/load.ts';
import type { MockName } from '../../../subgraphs-mock/shared/mock.ts';
import { type Mocks, startMocks } from '../../../subgraphs-mock/start.ts';
import { withoutPolicies } from '../../support/plain-services.ts';

export interface Shop {
  readonly mocks: Mocks;
  readonly subgraphs: LoadedSubgraphs['subgraphs'];
}

const graphPath = fileURLToPath(new URL('../../../schemas/graph.yaml', import.meta.url));

/** Registers the hooks; the shop is there once tests run, reset before each of them. */
export function useShop(only?: readonly MockName[]): Shop {
  let mocks: Mocks | undefined;
  let loaded: LoadedSubgraphs | undefined;
  beforeAll(async () => {
    mocks = await startMocks({ portBase: 0, ...(only ? { only } : {}) });
    const environment = Object.fromEntries(
      mocks.all.map(({ name, url }) => [`${name.toUpperCase()}_URL`, url]),
    );
    loaded = await loadSubgraphs(await loadGraphFile(graphPath, { environment }), withoutPolicies());
  });
  beforeEach(() => mocks?.reset());
  afterAll(async () => {
    await loaded?.close();
    await mocks?.close();
  });
  return {
    get mocks() {
      return present(mocks);
    },
    get subgraphs() {
      return present(loaded).subgraphs;
    },
  };
}

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('the shop is not open yet');
  return value;
}

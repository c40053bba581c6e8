/** Checks changes of the shop against its first commit. */

import { join } from 'node:path';

import { afterAll, beforeAll } from 'vitest';

import type { CheckReport } from '../../../src/checks/report.ts';
import { runChecks } from '../../../src/checks/run.ts';
import type { SchemaState } from '../../../src/checks/states/state.ts';
import { readHead, readPolicy, readStates } from '../../../src/cli/check-states.ts';
import { type Files, TestRepository } from './repository.ts';
import { shopFiles } from './shop-graph.ts';

/** To be called once in a file of tests. @returns What checks a change in the working tree, which it undoes. */
export function checkedShop(): (files: Files) => Promise<CheckReport> {
  let repository: TestRepository;
  let graph: string;
  let base: SchemaState;
  beforeAll(async () => {
    repository = await TestRepository.create(shopFiles);
    graph = join(repository.root, 'schemas/graph.yaml');
    ({ base } = await readStates({ graph }));
  });
  afterAll(() => repository.remove());
  return async (files) => {
    await repository.write(files);
    try {
      const states = await readHead({ graph });
      const policy = await readPolicy(states);
      return await runChecks({ base, head: states.head, ...policy, now: '2026-11-29T00:00:00Z' });
    } finally {
      await repository.git('checkout', '--quiet', '--', '.');
      await repository.git('clean', '--quiet', '--force', '-d');
    }
  };
}

/** What a whole test run shares. Nothing is started here that only some tests need: those ask for it. */

import type { TestProject } from 'vitest/node';

import { startRedisBroker } from './support/redis.ts';

/** @returns What ends it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const broker = await startRedisBroker();
  project.provide('redisBroker', broker.path);
  return () => broker.close();
}

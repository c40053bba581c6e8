/** A thread that composes and loads the subgraphs it was given, and says how much processor time that took. */

import { parentPort, workerData } from 'node:worker_threads';

import { composeOrThrow, type SubgraphSchema } from '../../src/preparation/composition/compose.ts';
import { loadSupergraph } from '../../src/preparation/supergraph/supergraph.ts';

const before = process.threadCpuUsage();
loadSupergraph(composeOrThrow(workerData as readonly SubgraphSchema[]));
const { user, system } = process.threadCpuUsage(before);
parentPort?.postMessage((user + system) / 1000);

/** Composes subgraphs with every check, beside the thread that compares operations meanwhile. */

import { parentPort, workerData } from 'node:worker_threads';

import { compose, type SubgraphSchema } from '../preparation/composition/compose.ts';

parentPort?.postMessage(compose(workerData as readonly SubgraphSchema[]));

/**
 * A thread that composes and loads the subgraphs it was given, and says how much processor time that took: a yardstick of
 * the machine. All of it is work of the packages, so that it does not shrink when the gateway loads a graph faster.
 */

import { parentPort, workerData } from 'node:worker_threads';

import { Supergraph } from '@apollo/federation-internals';
import { QueryPlanner } from '@apollo/query-planner';
import { parse } from 'graphql';

import { composeOrThrow, type SubgraphSchema } from '../../src/preparation/composition/compose.ts';

const before = process.threadCpuUsage();
const document = parse(composeOrThrow(workerData as readonly SubgraphSchema[]));
const supergraph = Supergraph.build(document, { supportedFeatures: null, validateSupergraph: true });
supergraph.apiSchema().toGraphQLJSSchema();
supergraph.schema.toGraphQLJSSchema();
new QueryPlanner(supergraph);
const { user, system } = process.threadCpuUsage(before);
parentPort?.postMessage((user + system) / 1000);

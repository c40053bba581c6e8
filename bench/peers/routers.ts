/**
 * Routers that come as binaries, which the machine must have: `--binary hive-router=PATH`. Each with its ways of sharing
 * what is in flight off, and on. Settings are those that cost: telemetry, access logs and consoles are off.
 */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';

import type { BinaryName, Command, GatewayKind, Place } from '../gateway-kind.ts';
import { subgraphListOf } from './subgraph-list.ts';

const composeTimeoutMs = 300_000;

export const routers: readonly GatewayKind[] = [
  ...pairOf('hive-router', 'Hive Router (Rust)', hiveRouter),
  ...pairOf('cosmo', 'Cosmo Router (Go)', cosmo),
  ...pairOf('apollo-router', 'Apollo Router (Rust)', apolloRouter),
];

type Configure = (place: Place, shares: boolean) => Promise<Omit<Command, 'program'>>;

function pairOf(binary: BinaryName, says: string, configure: Configure): GatewayKind[] {
  return [false, true].map((shares) => ({
    name: shares ? `${binary}-dedup` : binary,
    front: binary,
    says: `${says}, de-duplication ${shares ? 'on' : 'off'}`,
    graphs: ['remote'],
    binary,
    optional: true,
    command: async (place) => ({
      ...(await configure(place, shares)),
      program: place.stage.binaries.get(binary) ?? binary,
    }),
  }));
}

/** Both of its ways: whole requests, and fetches to subgraphs. */
async function hiveRouter(
  { stage, supergraph, port }: Place,
  shares: boolean,
): Promise<Omit<Command, 'program'>> {
  const config = `${stage.folder}/hive-router-${port}.yaml`;
  const settings = {
    supergraph: { source: 'file', path: supergraph },
    http: { host: '127.0.0.1', port },
    log: { level: 'error' },
    traffic_shaping: { router: { dedupe: { enabled: shares } }, all: { dedupe_enabled: shares } },
  };
  await writeFile(config, JSON.stringify(settings));
  return { args: [], environment: { ROUTER_CONFIG_FILE_PATH: config } };
}

/** Starts from an execution configuration, which `wgc` makes of the subgraphs. */
async function cosmo({ stage, supergraph, port }: Place, shares: boolean): Promise<Omit<Command, 'program'>> {
  const execution = `${supergraph}.execution.json`;
  if (!existsSync(execution)) {
    const wgc = stage.binaries.get('wgc');
    if (wgc === undefined) throw new Error('it needs --binary wgc=PATH, too');
    const args = ['router', 'compose', '-i', subgraphListOf(supergraph), '-o', execution];
    const { status, stdout, stderr } = spawnSync(wgc, args, { timeout: composeTimeoutMs });
    if (status !== 0 || !existsSync(execution))
      throw new Error(`wgc failed: ${String(stdout)}${String(stderr)}`.slice(0, 1000));
  }
  const single = String(shares);
  return {
    args: [],
    environment: {
      EXECUTION_CONFIG_FILE_PATH: execution,
      LISTEN_ADDR: `127.0.0.1:${port}`,
      LOG_LEVEL: 'error',
      ACCESS_LOGS_ENABLED: 'false',
      PLAYGROUND_ENABLED: 'false',
      TRACING_ENABLED: 'false',
      METRICS_OTLP_ENABLED: 'false',
      GRAPHQL_METRICS_ENABLED: 'false',
      PROMETHEUS_ENABLED: 'false',
      ROUTER_REGISTRATION: 'false',
      ENGINE_ENABLE_REQUEST_TRACING: 'false',
      ENGINE_ENABLE_SINGLE_FLIGHT: single,
      ENGINE_ENABLE_INBOUND_REQUEST_DEDUPLICATION: single,
    },
  };
}

/** It shares fetches only. */
async function apolloRouter(
  { stage, supergraph, port }: Place,
  shares: boolean,
): Promise<Omit<Command, 'program'>> {
  const config = `${stage.folder}/apollo-router-${port}.yaml`;
  const settings = {
    supergraph: { listen: `127.0.0.1:${port}`, path: '/graphql' },
    health_check: { enabled: false },
    homepage: { enabled: false },
    traffic_shaping: { all: { deduplicate_query: shares } },
  };
  await writeFile(config, JSON.stringify(settings));
  return {
    args: ['--supergraph', supergraph, '--config', config, '--log', 'error'],
    environment: { APOLLO_TELEMETRY_DISABLED: 'true' },
  };
}

/**
 * Loads gateway.yaml: how the gateway listens, what it accepts and how long it waits.
 *
 * Every default stands here, once. The file is optional: without it the defaults hold.
 */

import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';

import { z } from 'zod';

import { addressRange, authSchema } from './auth.ts';
import { auditSchema, authorizationSchema } from './authorization.ts';
import type { Environment } from '../yaml/environment.ts';
import { guardLimitsShape } from './guard-limits.ts';
import { redisSchema } from './redis.ts';
import { policiesSchema } from './policies.ts';
import { serverTlsSchema } from './server-tls.ts';
import { gatewayTransport } from './transport.ts';
import { checkYaml, readYamlFile } from '../yaml/file.ts';
import { filePath } from '../yaml/file-path.ts';

const milliseconds = z.int().min(1).max(600_000);
const bytes = z.int().min(1).max(1_073_741_824);

/** What a supergraph may use and nothing here enforces. */
const unenforced = z.enum(['authenticated', 'requiresScopes', 'policy', 'cost', 'listSize', 'cacheTag']);

const everyKey = z.strictObject({
  /** Directives that a supergraph may use although nothing enforces them. Others: the supergraph is refused. */
  allowUnenforced: z.array(unenforced).default([]),
  /** Labels of `@override(label:)`: whether they hold, or for how many percent of requests. Others: `percent(n)` only. */
  labels: z.record(z.string(), z.union([z.boolean(), z.number().min(0).max(100)])).default({}),
  /** A module that exports `labels(request, names)`: it speaks for labels of which `labels` says nothing. */
  labelsModule: filePath.optional(),
  /** `apollo` is chosen by itself when `apollo.plugins` or `apollo.key` is there. Default: `direct`. */
  front: z.enum(['direct', 'apollo']).optional(),
  apollo: z
    .strictObject({
      /** Modules that export `plugin`: an Apollo Server plugin, or a function that makes one. Relative to this file. */
      plugins: z.array(filePath).default([]),
      /** A GraphOS key: Apollo Server then reports usage to its vendor. */
      key: z.string().min(1).optional(),
      graphRef: z.string().min(1).optional(),
    })
    .prefault({}),
  server: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      /** 0: any free port. */
      port: z.int().min(0).max(65_535).default(4000),
      /** Processes that answer requests behind one port; `auto`: as many as there are processors. */
      workers: z.union([z.int().min(1).max(256), z.literal('auto')]).default(1),
      /** The GraphQL endpoint. */
      path: z.string().startsWith('/').default('/graphql'),
      /** Proxies in front: clients behind them are told apart by their `x-forwarded-for`. */
      trustedProxies: z.array(addressRange).default([]),
      /** IPv6 addresses that share so many bits are one client. */
      ipv6PrefixBits: z.int().min(1).max(128).default(64),
      /** Absent: plain HTTP. */
      tls: serverTlsSchema.optional(),
      /** Request body. Larger: 413. */
      bodyBytesMax: bytes.default(262_144),
      /** Request line and headers together. Larger: 431. */
      headerBytesMax: bytes.default(16_384),
      /** From the first byte of a request to its last. */
      requestReceiveTimeoutMs: milliseconds.default(10_000),
      /** Connections of clients at once; fewer where the system has not the descriptors. */
      connectionsMax: z.int().min(1).max(1_000_000).default(10_000),
      /** An answer of which its client takes nothing for so long is dropped. */
      unreadAnswerTimeoutMs: milliseconds.default(30_000),
      /** Answers that clients have not taken yet, of all connections; an eighth for several on one. */
      unreadAnswersBytesMax: bytes.default(268_435_456),
      /** After SIGTERM, how long readiness fails before the listener closes, also while there is nothing to do. */
      drainDelayMs: z.int().min(0).max(600_000).default(0),
      /** After SIGTERM and that delay, for requests in flight. */
      drainTimeoutMs: milliseconds.default(20_000),
      /** GraphiQL for browsers. Default: only where NODE_ENV is not `production`. */
      graphiql: z.boolean().optional(),
    })
    .prefault({}),
  /** Absent: nobody is asked who they are. */
  auth: authSchema.optional(),
  authorization: authorizationSchema.prefault({}),
  audit: auditSchema.prefault({}),
  admission: z
    .strictObject({
      /** Requests executed at once while the processor is busy all the time. */
      concurrencyMin: z.int().min(1).default(8),
      /** The same while it waits for slow backends. */
      concurrencyMax: z.int().min(1).default(1000),
      /** Requests waiting for their turn. One more is refused. */
      queueMax: z.int().min(0).default(2000),
      /** How late the event loop may be, again and again, before queries are refused; twice that: mutations too. */
      lagMsMax: milliseconds.default(250),
      /** Share of the heap's limit in use, in percent, from which queries are refused; then mutations too. */
      heapPercentMax: z.int().min(1).max(99).default(92),
    })
    .prefault({}),
  headers: z
    .strictObject({
      /** The client's headers that backends get, besides x-request-id. */
      forward: z
        .array(z.string().regex(/^[a-z0-9-]+$/, 'expected a header name in lower case'))
        .default(['x-user-id', 'x-correlation-id', 'traceparent', 'tracestate']),
      /** Those that graph.yaml may give to single services, besides these and what is in `forward`. */
      perService: z
        .array(z.string().regex(/^[a-z0-9-]+$/, 'expected a header name in lower case'))
        .default(['authorization', 'cookie']),
    })
    .prefault({}),
  /** How services are reached, unless graph.yaml says otherwise for one of them. */
  transport: gatewayTransport.prefault({}),
  sharing: z
    .strictObject({
      /** Identical queries to a remote subgraph that are in flight at the same time become one call. */
      fetches: z.boolean().default(true),
      /** Forwarded headers that may differ between requests that share a call. */
      ignoreHeaders: z
        .array(z.string().toLowerCase())
        .default(['traceparent', 'tracestate', 'x-correlation-id', 'x-request-id']),
      /** Identical queries of clients that are in flight at the same time get one answer. */
      requests: z.boolean().default(false),
    })
    .prefault({}),
  limits: z
    .strictObject({
      ...guardLimitsShape,
      subgraphCallsMax: z.int().min(1).default(100),
      /** Errors in one answer. */
      errorsMax: z.int().min(1).default(100),
      /** Requests of one client that wait for their operations to be planned. One more is refused. */
      planningPendingPerClientMax: z.int().min(1).default(1000),
      /** The same of all clients: one more, and the client with most of them has one refused. */
      planningPendingMax: z.int().min(1).default(5000),
      /** Bodies of all those requests. More, and the client with most of them has one refused. */
      planningPendingBytesMax: bytes.default(33_554_432),
      /** Prepared operations kept. */
      preparedOperationsMax: z.int().min(1).default(10_000),
      /** What they may take together. */
      preparedOperationsBytesMax: bytes.default(134_217_728),
      /** Processor time that new operations of one client may take to prepare, per minute. Absent: no ceiling. */
      planningMsPerMinute: z.int().min(1).optional(),
    })
    .prefault({}),
  planning: z
    .strictObject({
      /**
       * Processor time for a new operation while the other planner is busy. What takes longer gets four times as much
       * once, and then waits for the long place.
       */
      sliceMs: milliseconds.default(50),
      /** How long an operation that took too long is not planned again; doubled each time. */
      quarantineFirstMs: milliseconds.default(10_000),
      quarantineLongestMs: milliseconds.default(600_000),
    })
    .prefault({}),
  /** What several gateways share. Absent: nothing is. */
  redis: redisSchema.optional(),
  /** See `policies.ts`. */
  policies: policiesSchema,
  reload: z
    .strictObject({
      /** How often the files of the graph are looked at. 0: only on SIGHUP. */
      filePollMs: z.int().min(0).max(600_000).default(1000),
      /** How often the address of a supergraph is asked. 0: only on SIGHUP. */
      urlPollMs: z.int().min(0).max(3_600_000).default(10_000),
      /** After failures an address is asked less and less often, but at least this often. */
      urlPollMaxMs: milliseconds.default(300_000),
      /** A supergraph from an address. Larger: refused. */
      supergraphBytesMax: bytes.default(67_108_864),
      /** Operations prepared for a new graph before it takes over: those asked most. */
      warmOperationsMax: z.int().min(0).default(200),
    })
    .prefault({}),
  timeouts: z
    .strictObject({
      /** A whole request. */
      requestMs: milliseconds.default(10_000),
      /** Processor time for parsing, validating and planning one operation. */
      planningMs: milliseconds.default(2000),
      /** The same by the clock, for a busy machine. Where it is less than `planningMs`, that counts. */
      planningWallMs: milliseconds.default(10_000),
      /** Loading a supergraph. */
      loadMs: milliseconds.default(60_000),
    })
    .prefault({}),
  errors: z
    .strictObject({
      /**
       * Error messages written by backends: `pass` shows them to clients, `redact` replaces them. Default: `redact`
       * where NODE_ENV is `production`, else `pass`.
       */
      backendMessages: z.enum(['pass', 'redact']).optional(),
      /** "Did you mean" in validation errors. Default: only where NODE_ENV is not `production`. */
      suggestions: z.boolean().optional(),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
      /**
       * Error messages written by backends, which may repeat what clients sent them: `pass` writes them down, `redact`
       * leaves them out. Default: `redact` where NODE_ENV is `production`, else `pass`.
       */
      backendMessages: z.enum(['pass', 'redact']).optional(),
      /** Of lines that are not written yet, because their reader is slow. Those beyond are lost, and counted. */
      bufferBytesMax: bytes.default(8_388_608),
    })
    .prefault({}),
});

export const gatewaySchema = everyKey.superRefine(({ auth, server }, context) => {
  if (!auth?.certificates || server.tls) return;
  const message = 'expected server.tls: clients show their certificates when they connect by TLS';
  context.addIssue({ code: 'custom', path: ['auth', 'certificates'], message });
});

type GatewayFile = z.output<typeof gatewaySchema>;

export type GatewayConfig = Omit<GatewayFile, 'server' | 'errors' | 'front' | 'log'> & {
  readonly front: 'direct' | 'apollo';
  readonly server: Omit<GatewayFile['server'], 'workers'> & {
    readonly graphiql: boolean;
    readonly workers: number;
  };
  readonly errors: { readonly backendMessages: 'pass' | 'redact'; readonly suggestions: boolean };
  readonly log: GatewayFile['log'] & { readonly backendMessages: 'pass' | 'redact' };
};

export interface GatewayConfigOptions {
  /** Default `process.env`. */
  readonly environment?: Environment;
}

/**
 * @param path Without one, the defaults.
 * @throws {GatewayError} `CONFIG_INVALID` that lists every mistake with its position.
 */
export async function loadGatewayConfig(
  path: string | undefined,
  options: GatewayConfigOptions = {},
): Promise<GatewayConfig> {
  const read = { ...options, folder: path === undefined ? process.cwd() : dirname(resolve(path)) };
  const file =
    path === undefined
      ? await checkYaml('', gatewaySchema, { ...read, displayName: 'gateway.yaml' })
      : await readYamlFile(path, gatewaySchema, read);
  const production = (options.environment ?? process.env).NODE_ENV === 'production';
  const { plugins, key } = file.apollo;
  return {
    ...file,
    front: file.front ?? (plugins.length > 0 || key !== undefined ? 'apollo' : 'direct'),
    server: {
      ...file.server,
      graphiql: file.server.graphiql ?? !production,
      workers: workersOf(file.server.workers),
    },
    timeouts: {
      ...file.timeouts,
      planningWallMs: Math.max(file.timeouts.planningMs, file.timeouts.planningWallMs),
    },
    errors: {
      backendMessages: file.errors.backendMessages ?? (production ? 'redact' : 'pass'),
      suggestions: file.errors.suggestions ?? !production,
    },
    log: { ...file.log, backendMessages: file.log.backendMessages ?? (production ? 'redact' : 'pass') },
  };
}

/** @param asked A number, or `auto`: as many as there are processors. */
export function workersOf(asked: number | 'auto'): number {
  return asked === 'auto' ? availableParallelism() : asked;
}

/**
 * Loads gateway.yaml: how the gateway listens, what it accepts and how long it waits.
 *
 * All defaults are here or in the schemas of its parts. The file is optional: without it the defaults apply.
 */

import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';

import { z } from 'zod';

import { addressRange, authSchema } from './auth.ts';
import { auditSchema, authorizationSchema } from './authorization.ts';
import type { Environment } from '../yaml/environment.ts';
import { isCredentialHeader } from './credential-headers.ts';
import { debugSchema } from './debug.ts';
import { limitsSchema } from './limits.ts';
import { logSchema, type LogConfig } from './log.ts';
import { metricsSchema } from './metrics.ts';
import { resolvedTraces, tracesSchema, withoutTraceHeaders, type TracesConfig } from './traces.ts';
import { redisSchema } from './redis.ts';
import { policiesSchema } from './policies.ts';
import { serverTlsSchema } from './server-tls.ts';
import { gatewayTransport, hopByHopHeaders } from './transport.ts';
import { checkYaml, readYamlFile } from '../yaml/file.ts';
import { filePath } from '../yaml/file-path.ts';

const milliseconds = z.int().min(1).max(600_000);
const bytes = z.int().min(1).max(1_073_741_824);

const forwardedHeader = z
  .string()
  .regex(/^[a-z0-9-]+$/, 'expected a header name in lower case')
  .refine((name) => !hopByHopHeaders.has(name), 'expected a header that may be sent on');

/** Directives that a supergraph may use although the gateway does not enforce them. */
const unenforced = z.enum(['authenticated', 'requiresScopes', 'policy', 'cost', 'listSize', 'cacheTag']);

const optionsSchema = z.strictObject({
  /** Accepted although nothing enforces them. A supergraph with any other of these directives is refused. */
  allowUnenforced: z.array(unenforced).default([]),
  /** Labels of `@override(label:)`: on, off, or on for a percentage of requests. Others: `percent(n)` only. */
  labels: z.record(z.string(), z.union([z.boolean(), z.number().min(0).max(100)])).default({}),
  /** A module that exports `labels(request, names)`, which decides labels that are not in `labels`. */
  labelsModule: filePath.optional(),
  /** Default: `apollo` if `apollo.plugins` or `apollo.key` is set, else `direct`. */
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
      /** Processes that serve requests on one port; `auto`: one per processor. */
      workers: z.union([z.int().min(1).max(256), z.literal('auto')]).default(1),
      /** The GraphQL endpoint. */
      path: z.string().startsWith('/').default('/graphql'),
      /** Proxies in front, whose `x-forwarded-for` is trusted as the client's address. */
      trustedProxies: z.array(addressRange).default([]),
      /** IPv6 addresses with the same prefix of this length count as one client. */
      ipv6PrefixBits: z.int().min(1).max(128).default(64),
      /** Absent: plain HTTP. */
      tls: serverTlsSchema.optional(),
      /** Request body. Larger: 413. */
      bodyBytesMax: bytes.default(262_144),
      /** Request line and headers together. Larger: 431. */
      headerBytesMax: bytes.default(16_384),
      /** From the first byte of a request to its last. */
      requestReceiveTimeoutMs: milliseconds.default(10_000),
      /** Concurrent client connections; fewer if the process may not open as many file descriptors. */
      connectionsMax: z.int().min(1).max(1_000_000).default(10_000),
      /** A response of which its client reads nothing for this long is dropped. */
      unreadAnswerTimeoutMs: milliseconds.default(30_000),
      /** Responses that clients have not read yet, of all connections; an eighth of it for those of one connection. */
      unreadAnswersBytesMax: bytes.default(268_435_456),
      /** After SIGTERM, how long the readiness probe fails before the listener closes, even if no request is in flight. */
      drainDelayMs: z.int().min(0).max(600_000).default(0),
      /** Graceful shutdown: how long requests in flight may take after SIGTERM and that delay. */
      drainTimeoutMs: milliseconds.default(20_000),
      /** GraphiQL for browsers. Default: only if NODE_ENV is not `production`. */
      graphiql: z.boolean().optional(),
    })
    .prefault({}),
  /** Absent: authentication is not configured. */
  auth: authSchema.optional(),
  /** Absent: every request sees the whole graph. */
  clients: z
    .strictObject({
      /** With a folder for each client. Relative to this file. */
      folder: filePath,
      /** Requests that no client is recognized in: the client `anonymous`, or refused. */
      anonymous: z.enum(['contract', 'refuse']).default('contract'),
      /** Schemas of clients that each planner worker keeps. */
      schemasMax: z.int().min(1).max(10_000).default(20),
      /** How long a schema is kept that no new operation needs. */
      schemaIdleMs: z.int().min(1000).max(86_400_000).default(600_000),
    })
    .optional(),
  authorization: authorizationSchema.prefault({}),
  audit: auditSchema.prefault({}),
  admission: z
    .strictObject({
      /** Requests executed concurrently while the processor is fully busy. */
      concurrencyMin: z.int().min(1).default(8),
      /** Requests executed concurrently while it waits for slow backends. */
      concurrencyMax: z.int().min(1).default(1000),
      /** Requests waiting for admission. One more is refused. */
      queueMax: z.int().min(0).default(2000),
      /** Sustained event loop lag from which queries are refused; from twice that, mutations too. */
      lagMsMax: milliseconds.default(250),
      /** Share of the heap's limit in use, in percent, from which queries are refused; then mutations too. */
      heapPercentMax: z.int().min(1).max(99).default(92),
    })
    .prefault({}),
  headers: z
    .strictObject({
      /** Client headers to forward to backends, besides x-request-id. */
      forward: z
        .array(forwardedHeader)
        .default(['x-user-id', 'x-correlation-id', 'traceparent', 'tracestate']),
      /** Further client headers that graph.yaml may forward to single services. */
      perService: z.array(forwardedHeader).default(['authorization', 'cookie']),
    })
    .prefault({}),
  /** Defaults for all services; graph.yaml may override them for one. */
  transport: gatewayTransport.prefault({}),
  sharing: z
    .strictObject({
      /** Identical queries to a remote subgraph that are in flight at the same time become one call. */
      fetches: z.boolean().default(true),
      /** What one request fetches of a service at the same moment goes there in one call, and fails together. */
      joinFetches: z.boolean().default(true),
      /** Forwarded headers that may differ between requests that share a call. */
      ignoreHeaders: z
        .array(z.string().toLowerCase())
        .default(['traceparent', 'tracestate', 'x-correlation-id', 'x-request-id']),
      /** Identical queries of clients that are in flight at the same time share one response. */
      requests: z.boolean().default(false),
    })
    .prefault({}),
  limits: limitsSchema.prefault({}),
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
      /** Operations that differ only in literals are planned once, with the literals as variables. */
      shareLiterals: z.boolean().default(true),
      /**
       * The operations in use are listed in it, and prepared by the next process before it serves. Relative to the file.
       * Absent: no file.
       */
      operationsFile: filePath.optional(),
      /** Operations that nobody asked are planned right after the start. Default: in production. */
      warmUp: z.boolean().optional(),
    })
    .prefault({}),
  /** The store that several gateways share. Absent: nothing is shared. */
  redis: redisSchema.optional(),
  /** See `policies.ts`. */
  policies: policiesSchema,
  reload: z
    .strictObject({
      /** How often the files of the graph are checked for changes. 0: only on SIGHUP. */
      filePollMs: z.int().min(0).max(600_000).default(1000),
      /** How often the URL of a supergraph is polled. 0: only on SIGHUP. */
      urlPollMs: z.int().min(0).max(3_600_000).default(10_000),
      /** The longest interval of the backoff after failed polls. */
      urlPollMaxMs: milliseconds.default(300_000),
      /** A supergraph from a URL. Larger: refused. */
      supergraphBytesMax: bytes.default(67_108_864),
      /** The most frequent operations are prepared for a new graph before it takes over. */
      warmOperationsMax: z.int().min(0).default(200),
      /** How long that may take; the others are prepared when they are requested. */
      warmMsMax: milliseconds.default(10_000),
    })
    .prefault({}),
  timeouts: z
    .strictObject({
      /** A whole request. */
      requestMs: milliseconds.default(10_000),
      /** Processor time for parsing, validating and planning one operation. */
      planningMs: milliseconds.default(2000),
      /** The same in wall time, for a busy machine. At least `planningMs`. */
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
      /** The trace's id in `extensions` of errors. */
      traceId: z.boolean().default(false),
    })
    .prefault({}),
  /** Absent: the header of debug tokens means nothing. */
  debug: debugSchema.optional(),
  metrics: metricsSchema.prefault({}),
  /** See `traces.ts`. */
  traces: tracesSchema.prefault({}),
  log: logSchema.prefault({}),
});

export const gatewaySchema = optionsSchema.superRefine(({ auth, server, ...file }, context) => {
  const refuse = (path: string[], message: string): void =>
    context.addIssue({ code: 'custom', path, message });
  if (auth?.certificates && !server.tls)
    refuse(['auth', 'certificates'], 'expected server.tls: client certificates need TLS');
  if (file.limits.store === 'redis' && !file.redis)
    refuse(
      ['limits', 'store'],
      'expected the top-level key redis, with the address of the server; without it, store is memory',
    );
  const secret = file.traces.attributes.fromHeaders.filter((name) => isCredentialHeader(name, auth));
  if (secret.length > 0)
    refuse(
      ['traces', 'attributes', 'fromHeaders'],
      `expected headers without credentials: more people read traces than may use ${secret.join(', ')}`,
    );
  if (file.clients && frontOf(file) === 'apollo')
    refuse(
      ['clients'],
      'expected the direct front: Apollo Server has one schema for all clients; "front: direct" uses neither apollo.plugins nor apollo.key',
    );
});

type GatewayFile = z.output<typeof gatewaySchema>;

/** Plugins and usage reporting need Apollo Server. */
function frontOf({ front, apollo }: Pick<GatewayFile, 'front' | 'apollo'>): 'direct' | 'apollo' {
  return front ?? (apollo.plugins.length > 0 || apollo.key !== undefined ? 'apollo' : 'direct');
}

export type GatewayConfig = Omit<
  GatewayFile,
  'server' | 'errors' | 'front' | 'limits' | 'log' | 'planning' | 'traces'
> & {
  readonly front: 'direct' | 'apollo';
  readonly server: Omit<GatewayFile['server'], 'workers'> & {
    readonly graphiql: boolean;
    readonly workers: number;
  };
  readonly limits: GatewayFile['limits'] & { readonly store: 'memory' | 'redis'; readonly processes: number };
  readonly planning: GatewayFile['planning'] & { readonly warmUp: boolean };
  readonly errors: GatewayFile['errors'] & {
    readonly backendMessages: 'pass' | 'redact';
    readonly suggestions: boolean;
  };
  readonly log: LogConfig;
  readonly traces: TracesConfig;
};

export interface GatewayConfigOptions {
  /** Default `process.env`. */
  readonly environment?: Environment;
  /** Worker processes, whatever `server.workers` says. */
  readonly workers?: number | undefined;
}

/**
 * @param path Undefined: the defaults apply.
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
  const environment = options.environment ?? process.env;
  const isProduction = environment.NODE_ENV === 'production';
  const workers = options.workers ?? workersOf(file.server.workers);
  const traces = resolvedTraces(file.traces, environment);
  return {
    ...file,
    front: frontOf(file),
    server: {
      ...file.server,
      graphiql: file.server.graphiql ?? !isProduction,
      workers,
    },
    limits: {
      ...file.limits,
      store: file.limits.store ?? (file.redis ? 'redis' : 'memory'),
      processes: file.limits.processes ?? workers,
    },
    timeouts: {
      ...file.timeouts,
      planningWallMs: Math.max(file.timeouts.planningMs, file.timeouts.planningWallMs),
    },
    planning: { ...file.planning, warmUp: file.planning.warmUp ?? isProduction },
    headers: { ...file.headers, forward: withoutTraceHeaders(file.headers.forward, traces) },
    errors: {
      ...file.errors,
      backendMessages: file.errors.backendMessages ?? (isProduction ? 'redact' : 'pass'),
      suggestions: file.errors.suggestions ?? !isProduction,
    },
    log: { ...file.log, backendMessages: file.log.backendMessages ?? (isProduction ? 'redact' : 'pass') },
    traces,
  };
}

/** @param workers A number, or `auto`: one per processor. */
export function workersOf(workers: number | 'auto'): number {
  return workers === 'auto' ? availableParallelism() : workers;
}

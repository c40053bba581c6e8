/** The schema of `traces` in gateway.yaml: which requests are traced, and where their spans go. */

import { z } from 'zod';

import { GatewayError } from '../../shared/errors.ts';
import type { Environment } from '../yaml/environment.ts';
import { otlpAddress } from './otlp-address.ts';

const headerName = z.string().regex(/^[a-z0-9-]+$/, 'expected a header name in lower case');

export const tracesSchema = z.strictObject({
  otlp: z
    .strictObject({
      /**
       * Of a receiver of OTLP over HTTP; `/v1/traces` is added to an address without a path. Default:
       * `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` or `OTEL_EXPORTER_OTLP_ENDPOINT`. Without any of them nothing is traced.
       */
      url: otlpAddress.optional(),
      /** Such as the key of a vendor. */
      headers: z.record(z.string(), z.string()).default({}),
      /** Of one export. */
      timeoutMs: z.int().min(1).max(60_000).default(10_000),
      /** Spans that wait; further ones are dropped and counted. */
      queueSpansMax: z.int().min(1).max(1_000_000).default(8192),
      /** Spans in one export. */
      batchSpansMax: z.int().min(1).max(100_000).default(512),
      /** Spans wait at most as long, unless a batch is full before. */
      intervalMs: z.int().min(10).max(60_000).default(5000),
    })
    .prefault({}),
  /** Share of the requests that are recorded, from 0 to 1. A request that belongs to a trace already goes by that. */
  sampleRatio: z.number().min(0).max(1).default(0.01),
  /** Whether a client says by its headers to which trace a request belongs and whether it is recorded. */
  trustClients: z.boolean().default(true),
  /** Requests a second and process that are recorded because their caller asks for it, beyond the ratio. */
  callerSampledPerSecondMax: z.int().min(0).max(1_000_000).default(100),
  /** Headers that are read, the first that are there, and that services get. */
  propagation: z
    .array(z.enum(['w3c', 'b3', 'b3multi', 'datadog']))
    .min(1)
    .default(['w3c']),
  serviceName: z.string().min(1).default('tributary'),
  /** Further attributes of the resource, such as `deployment.environment.name`. */
  resource: z.record(z.string(), z.string()).default({}),
  attributes: z
    .strictObject({
      /** Headers of the client; never those with credentials. */
      fromHeaders: z.array(headerName).max(32).default([]),
      /** Claims of the principal; texts, numbers and booleans, and lists of them. */
      fromClaims: z.array(z.string().min(1)).max(32).default([]),
    })
    .prefault({}),
  /** Answers a request with `server-timing: traceparent;desc="..."`. */
  serverTiming: z.boolean().default(false),
});

export type TracesConfig = Omit<z.output<typeof tracesSchema>, 'otlp'> & {
  readonly otlp: Omit<z.output<typeof tracesSchema>['otlp'], 'url'> & {
    /** Null: nothing is traced. */
    readonly url: string | null;
  };
};

export type PropagationFormat = TracesConfig['propagation'][number];

/** The headers of each format. */
export const traceHeaders: Readonly<Record<PropagationFormat, readonly string[]>> = {
  w3c: ['traceparent', 'tracestate'],
  b3: ['b3'],
  b3multi: ['x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid', 'x-b3-sampled', 'x-b3-flags'],
  datadog: ['x-datadog-trace-id', 'x-datadog-parent-id', 'x-datadog-sampling-priority', 'x-datadog-tags'],
};

/** @throws {GatewayError} `CONFIG_INVALID` if the address comes from an environment variable and is invalid. */
export function resolvedTraces(
  { otlp, ...traces }: z.output<typeof tracesSchema>,
  environment: Environment,
): TracesConfig {
  return { ...traces, otlp: { ...otlp, url: receiverOf(otlp.url, environment) } };
}

/** @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp */
function receiverOf(url: string | undefined, environment: Environment): string | null {
  if (url !== undefined) return new URL(url).pathname === '/' ? withPath(url) : url;
  const forTraces = addressIn('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', environment);
  if (forTraces !== null) return forTraces;
  const forAll = addressIn('OTEL_EXPORTER_OTLP_ENDPOINT', environment);
  return forAll === null ? null : withPath(forAll);
}

/** @returns Null if the variable is unset or empty. */
function addressIn(name: string, environment: Environment): string | null {
  const value = environment[name];
  if (value === undefined || value === '') return null;
  const { data, error } = otlpAddress.safeParse(value);
  if (data !== undefined) return data;
  // Without the value, which may be a secret.
  const expectation = error.issues[0]?.message;
  throw new GatewayError(
    'CONFIG_INVALID',
    `environment variable ${name}: ${expectation}; correct or unset it`,
  );
}

function withPath(url: string): string {
  return `${url.replace(/\/+$/, '')}/v1/traces`;
}

/** Services get these headers from the tracer, with the ids of its own spans, and not as clients sent them. */
export function withoutTraceHeaders(
  forward: readonly string[],
  { otlp, propagation }: TracesConfig,
): string[] {
  const own = new Set(otlp.url === null ? [] : propagation.flatMap((format) => traceHeaders[format]));
  return forward.filter((name) => !own.has(name));
}

/** The schema of `metrics` in gateway.yaml: where Prometheus reads them. */

import { z } from 'zod';

import { otlpAddress } from './otlp-address.ts';

/** That of OpenTelemetry's Prometheus exporters. */
export const metricsPortDefault = 9464;

export const metricsSchema = z.strictObject({
  enabled: z.boolean().default(true),
  /** Never an address that clients reach: the metrics tell of all of them. */
  host: z.string().default('127.0.0.1'),
  /** 0: any free port. Default: 9464, or any free port where that is in use. */
  port: z.int().min(0).max(65_535).optional(),
  /** Scrapers that accept OpenMetrics get it, with traces as examples of durations. */
  openMetrics: z.boolean().default(false),
  /** Requests and calls also under OpenTelemetry's names, such as `http.server.request.duration`. */
  semanticNames: z.boolean().default(false),
  /** How often worker processes tell the primary process what they counted. */
  workerIntervalMs: z.int().min(100).max(60_000).default(1000),
  /** Also sent to a receiver of OTLP over HTTP. Absent: they are only served. */
  otlp: z
    .strictObject({
      /** `/v1/metrics` is added to an address without a path. */
      url: otlpAddress,
      /** Such as the key of a vendor. */
      headers: z.record(z.string(), z.string()).default({}),
      intervalMs: z.int().min(100).max(3_600_000).default(60_000),
      /** Of one export. */
      timeoutMs: z.int().min(1).max(60_000).default(10_000),
    })
    .optional(),
  /** Versions of one client that have a label of their own; later ones are `other`. */
  versionsMax: z.int().min(0).max(1000).default(20),
  /** Names of operations, of each client, that have a label of their own; later ones are `other`. */
  operationsMax: z.int().min(0).max(1000).default(100),
});

export type MetricsConfig = z.output<typeof metricsSchema>;

/**
 * The client's timeout: `x-request-timeout` in ms or with a unit (`1500`, `1500ms`, `1.5s`), or
 * `grpc-timeout` as gRPC writes it (`1500m`).
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */

import type { IncomingHttpHeaders } from 'node:http';

const plainUnits: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1000 };
const grpcUnits: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

/** Infinite without such a header or with an invalid value: then only the gateway's own timeout applies. */
export function clientTimeoutMs(headers: IncomingHttpHeaders): number {
  const plain = headers['x-request-timeout'];
  const grpc = headers['grpc-timeout'];
  if (plain === undefined && grpc === undefined) return Number.POSITIVE_INFINITY;
  return Math.min(
    parseTimeout(plain, /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|)$/, plainUnits),
    parseTimeout(grpc, /^(\d{1,8})([HMSmun])$/, grpcUnits),
  );
}

function parseTimeout(
  value: string | string[] | undefined,
  pattern: RegExp,
  units: Readonly<Record<string, number>>,
): number {
  const [, amount, unit = ''] = (typeof value === 'string' ? pattern.exec(value) : null) ?? [];
  const timeoutMs = Number(amount) * (units[unit] ?? Number.NaN);
  return timeoutMs > 0 ? timeoutMs : Number.POSITIVE_INFINITY;
}

/**
 * How long the client is going to wait: `x-request-timeout` in ms or with a unit (`1500`, `1500ms`, `1.5s`), or
 * `grpc-timeout` as gRPC writes it (`1500m`).
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */

import type { IncomingHttpHeaders } from 'node:http';

import { GatewayError } from '../shared/errors.ts';

const plainUnits: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1000 };
const grpcUnits: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

/**
 * @returns Infinite where the client does not say.
 * @throws {GatewayError} `BAD_REQUEST`
 */
export function clientTimeoutMs(headers: IncomingHttpHeaders): number {
  const plain = headers['x-request-timeout'];
  const grpc = headers['grpc-timeout'];
  if (plain === undefined && grpc === undefined) return Number.POSITIVE_INFINITY;
  return Math.min(
    read(plain, /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|)$/, plainUnits, 'x-request-timeout: 1500, 1500ms or 1.5s'),
    read(grpc, /^(\d{1,8})([HMSmun])$/, grpcUnits, 'grpc-timeout: 1500m or 2S'),
  );
}

function read(
  value: string | string[] | undefined,
  pattern: RegExp,
  units: Readonly<Record<string, number>>,
  example: string,
): number {
  if (value === undefined) return Number.POSITIVE_INFINITY;
  const [, amount, unit = ''] = (typeof value === 'string' ? pattern.exec(value) : null) ?? [];
  const factor = units[unit];
  if (amount === undefined || factor === undefined || Number(amount) === 0) {
    throw new GatewayError('BAD_REQUEST', `The timeout cannot be read; write it as in ${example}`);
  }
  return Number(amount) * factor;
}

/** A load whose every answer is counted by whoever sent it, as metrics have to count it. */

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { ask, type GraphqlReply } from '../../support/ask.ts';
import { graphPath } from '../../support/shop.ts';

/** Series by their name with its labels, sorted, as in `requests{status_code="200"}`. */
export type Counts = Map<string, number>;

export interface Asked {
  /** Null: none is proven. */
  readonly client: string | null;
  readonly version?: string;
  /** Without a name for what is refused before it is read. */
  readonly operation: string;
  readonly query: string;
}

export async function keysOfClients(): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(dirname(graphPath), 'demo/client-keys.json'), 'utf8');
  const keys = Object.entries(JSON.parse(text) as Record<string, string>);
  return new Map(keys.map(([name, key]) => [name.replace('demo-', ''), key]));
}

export function headersOf(
  { client, version }: Asked,
  keys: ReadonlyMap<string, string>,
): Record<string, string> {
  const key = client === null ? undefined : keys.get(client);
  return {
    ...(key === undefined ? {} : { 'x-api-key': key }),
    ...(version === undefined ? {} : { 'apollographql-client-version': version }),
  };
}

export class CountedLoad {
  readonly counts: Counts = new Map();
  readonly #url: string;
  readonly #keys: ReadonlyMap<string, string>;

  constructor(url: string, keys: ReadonlyMap<string, string>) {
    this.#url = url;
    this.#keys = keys;
  }

  /** Rejects if there is no answer, which is then not counted. */
  async send(asked: Asked): Promise<void> {
    this.count(asked, await ask(this.#url, asked.query, { headers: headersOf(asked, this.#keys) }));
  }

  count({ client, version = '', operation }: Asked, { status, errors = [], data }: GraphqlReply): void {
    const isExecuted = data !== undefined;
    const codes = errors.map(({ extensions }) => String(extensions['code']));
    const isFailed = codes.some((code) => /^SERVICE_|^FIELD_VALUE|^INTERNAL/.test(code));
    const outcome = isFailed ? 'failed' : codes.length === 0 ? 'ok' : isExecuted ? 'partial' : 'refused';
    const name = client ?? 'anonymous';
    this.#add('gateway_requests_total', { method: 'POST', route: '/graphql', status_code: status });
    this.#add('gateway_request_duration_seconds_count', { method: 'POST', route: '/graphql' });
    this.#add('gateway_client_requests_total', { client: name, version, outcome });
    if (isExecuted) {
      this.#add('gateway_operations_total', { client: name, operation, kind: 'query', outcome });
      this.#add('gateway_operation_duration_seconds_count', { client: name, operation });
    }
    for (const { extensions } of errors)
      this.#add('gateway_errors_total', { code: extensions['code'], service: extensions['service'] ?? '' });
    if (codes.includes('RATE_LIMITED'))
      this.#add('gateway_rate_limit_exceeded_total', { client_id: name, route: '/graphql' });
  }

  #add(name: string, labels: Readonly<Record<string, unknown>>): void {
    const series = seriesOf(name, Object.entries(labels));
    this.counts.set(series, (this.counts.get(series) ?? 0) + 1);
  }
}

function seriesOf(name: string, labels: ReadonlyArray<readonly [string, unknown]>): string {
  const sorted = labels.map(([label, value]) => `${label}="${String(value)}"`).toSorted();
  return `${name}{${sorted.join(',')}}`;
}

/** Counters of the load's metrics that are not zero. */
export async function scrape(metricsUrl: string): Promise<Counts> {
  const lines = (await scrapeText(metricsUrl)).split('\n');
  return new Map(
    lines.flatMap((line): Array<[string, number]> => {
      const [, name = '', labels = '', value] = /^(\w+)\{(.*)\} (\S+)$/.exec(line) ?? [];
      if (!countedMetrics.has(name) || Number(value) === 0) return [];
      const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(
        ([, label = '', text]) => [label, text] as const,
      );
      return [[seriesOf(name, pairs), Number(value)]];
    }),
  );
}

export async function scrapeText(metricsUrl: string): Promise<string> {
  const response = await fetch(metricsUrl, { signal: AbortSignal.timeout(20_000) });
  return response.text();
}

const countedMetrics = new Set([
  'gateway_requests_total',
  'gateway_request_duration_seconds_count',
  'gateway_client_requests_total',
  'gateway_operations_total',
  'gateway_operation_duration_seconds_count',
  'gateway_errors_total',
  'gateway_rate_limit_exceeded_total',
]);

export function total(counts: Counts, name: string): number {
  let sum = 0;
  for (const [series, value] of counts) if (series.startsWith(`${name}{`)) sum += value;
  return sum;
}

/** Counted there before, and less or not any more now. */
export function fallen(before: Counts, now: Counts): readonly string[] {
  return [...before].filter(([series, value]) => (now.get(series) ?? 0) < value).map(([series]) => series);
}

/** Sums by the values of those labels, joined by a space. */
export function grouped(
  counts: Counts,
  name: string,
  labels: readonly string[],
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const [series, value] of counts) {
    if (!series.startsWith(`${name}{`)) continue;
    const group = labels
      .map((label) => new RegExp(`\\b${label}="([^"]*)"`).exec(series)?.[1] ?? '')
      .join(' ');
    sums.set(group, (sums.get(group) ?? 0) + value);
  }
  return sums;
}

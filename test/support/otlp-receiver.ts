/** A receiver of OTLP over HTTP with protobuf, as collectors have: what it got is decoded by the messages of the protocol. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import protobuf from 'protobufjs';

/** @see https://github.com/open-telemetry/opentelemetry-proto, trace/v1/trace.proto */
const { root } = protobuf.parse(
  `syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue { oneof value {
    string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
    ArrayValue array_value = 5; } }
  message ArrayValue { repeated AnyValue values = 1; }
  message Status { string message = 2; int32 code = 3; }
  message Link { bytes trace_id = 1; bytes span_id = 2; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5;
    int32 kind = 6; fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8;
    repeated KeyValue attributes = 9; repeated Link links = 13; Status status = 15; }`,
);
const requestType = root.lookupType('Request');

export interface ReceivedSpan {
  readonly traceId: string;
  readonly id: string;
  /** Empty: it is the first of its trace. */
  readonly parentId: string;
  readonly traceState: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'other';
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: ReadonlyArray<{ readonly traceId: string; readonly spanId: string }>;
  /** Null: it has not failed. */
  readonly failure: { readonly message: string } | null;
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface OtlpReceiver {
  /** For `traces.otlp.url`. */
  readonly url: string;
  /** In the order of their arrival. */
  readonly spans: readonly ReceivedSpan[];
  /** Everything that came, as it came, with its headers. */
  readonly raw: () => string;
  /** How exports are answered: with a status, or never. */
  behaviour: number | 'never';
  /** The spans of traces whose first span is as wanted, once that is there and all of its trace has come. */
  trace(isWanted: (root: ReceivedSpan) => boolean): Promise<readonly ReceivedSpan[]>;
  exports(): number;
  close(): Promise<void>;
}

const waitMs = 30_000;
/** Between two looks. */
const pollMs = 20;

export async function otlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const raw: string[] = [];
  let exports = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      exports += 1;
      const body = Buffer.concat(chunks);
      raw.push(JSON.stringify(request.headers), body.toString('latin1'));
      const { behaviour } = receiver;
      if (behaviour === 'never') return;
      if (behaviour === 200 && request.url === '/v1/traces') spans.push(...decoded(body));
      response.writeHead(behaviour, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: OtlpReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    raw: () => raw.join('\n'),
    behaviour: 200,
    exports: () => exports,
    async trace(isWanted) {
      const untilMs = Date.now() + waitMs;
      while (Date.now() < untilMs) {
        // The span of the whole request ends last.
        const first = spans.find((span) => span.kind === 'server' && isWanted(span));
        if (first) return spans.filter(({ traceId }) => traceId === first.traceId);
        await new Promise((resolve) => setTimeout(resolve, pollMs));
      }
      throw new Error(`no such trace came; ${spans.length} spans did`);
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return receiver;
}

interface Encoded {
  readonly resourceSpans?: ReadonlyArray<{
    readonly resource?: { readonly attributes?: readonly EncodedAttribute[] };
    readonly scopeSpans?: ReadonlyArray<{ readonly spans?: readonly EncodedSpan[] }>;
  }>;
}

interface EncodedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState?: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly EncodedAttribute[];
  readonly links?: ReadonlyArray<{ readonly traceId: string; readonly spanId: string }>;
  readonly status?: { readonly message?: string; readonly code?: number };
}

interface EncodedAttribute {
  readonly key: string;
  readonly value: EncodedValue;
}

interface EncodedValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values?: readonly EncodedValue[] };
}

const kinds = new Map([
  [1, 'internal'],
  [2, 'server'],
  [3, 'client'],
] as const);
const failed = 2;

function decoded(body: Buffer): ReceivedSpan[] {
  const plain = requestType.toObject(requestType.decode(body), { bytes: String, longs: String }) as Encoded;
  return (plain.resourceSpans ?? []).flatMap(({ resource, scopeSpans = [] }) =>
    scopeSpans.flatMap(({ spans = [] }) =>
      spans.map((span) => ({
        traceId: hex(span.traceId),
        id: hex(span.spanId),
        parentId: hex(span.parentSpanId ?? ''),
        traceState: span.traceState ?? '',
        name: span.name,
        kind: kinds.get(span.kind as 1) ?? 'other',
        startNs: BigInt(span.startTimeUnixNano),
        endNs: BigInt(span.endTimeUnixNano),
        attributes: attributesOf(span.attributes),
        links: (span.links ?? []).map((link) => ({ traceId: hex(link.traceId), spanId: hex(link.spanId) })),
        failure: span.status?.code === failed ? { message: span.status.message ?? '' } : null,
        resource: attributesOf(resource?.attributes),
      })),
    ),
  );
}

function hex(base64: string): string {
  return Buffer.from(base64, 'base64').toString('hex');
}

function attributesOf(attributes: readonly EncodedAttribute[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]));
}

function valueOf({ stringValue, boolValue, intValue, doubleValue, arrayValue }: EncodedValue): unknown {
  if (arrayValue) return (arrayValue.values ?? []).map(valueOf);
  return stringValue ?? boolValue ?? doubleValue ?? Number(intValue);
}

/** One line a span, indented below its parent, in the order in which they began. */
export function treeOf(spans: readonly ReceivedSpan[]): string[] {
  const known = new Set(spans.map(({ id }) => id));
  const lines: string[] = [];
  const add = (span: ReceivedSpan, depth: number): void => {
    lines.push(`${'  '.repeat(depth)}${span.name}`);
    for (const child of childrenOf(span.id)) add(child, depth + 1);
  };
  const childrenOf = (id: string): ReceivedSpan[] =>
    spans
      .filter(({ parentId }) => parentId === id)
      .toSorted((a, b) => Number(a.startNs - b.startNs) || a.name.localeCompare(b.name));
  for (const span of spans.filter(({ parentId }) => !known.has(parentId))) add(span, 0);
  return lines;
}

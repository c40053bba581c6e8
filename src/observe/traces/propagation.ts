/** Reads and writes the headers by which services tell each other of a trace. Malformed ones count as absent. */

import type { PropagationFormat } from '../../config/gateway/traces.ts';

/** What a caller says of its trace. */
export interface RemoteParent {
  /** Null: it says only whether to record. */
  readonly ids: { readonly traceId: string; readonly spanId: string } | null;
  /** Null: it leaves that open. */
  readonly isSampled: boolean | null;
  /** `tracestate`, valid. Null: none. */
  readonly traceState: string | null;
}

/** What all spans of a request have in common. */
export interface TraceFacts {
  readonly traceId: string;
  readonly isSampled: boolean;
  readonly traceState: string | null;
}

/** What a service is told. */
export class TracePosition {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly isSampled: boolean;
  readonly traceState: string | null;
  #traceParent: string | undefined;

  constructor({ traceId, isSampled, traceState }: TraceFacts, spanId: string) {
    this.traceId = traceId;
    this.spanId = spanId;
    this.isSampled = isSampled;
    this.traceState = traceState;
  }

  /** Made once, for all calls of a request that is not recorded. */
  get traceParent(): string {
    return (this.#traceParent ??= `00-${this.traceId}-${this.spanId}-${this.isSampled ? '01' : '00'}`);
  }
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;
type SentHeaders = Record<string, string>;

interface Format {
  readonly read: (headers: Headers) => RemoteParent | null;
  readonly write: (sent: SentHeaders, position: TracePosition) => void;
}

export class Propagation {
  readonly #formats: readonly Format[];

  constructor(formats: readonly PropagationFormat[]) {
    this.#formats = formats.map((name) => formatsByName[name]);
  }

  /** By the first format whose headers are there. */
  read(headers: Headers): RemoteParent | null {
    for (const format of this.#formats) {
      const parent = format.read(headers);
      if (parent) return parent;
    }
    return null;
  }

  /** Replaces what is there: rules of a service may forward what the client sent. */
  write(sent: SentHeaders, position: TracePosition): void {
    for (const format of this.#formats) format.write(sent, position);
  }
}

/** Version, trace id, span id, flags; what later versions add is not read. */
const traceParentForm = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:$|-)/;
const traceParentLength = 55;
const oddDigits = '13579bdf';
const noTraceId = '0'.repeat(32);
const noSpanId = '0'.repeat(16);

/** @see https://www.w3.org/TR/trace-context/ */
const w3c: Format = {
  read({ traceparent: text, tracestate }) {
    if (typeof text !== 'string' || !traceParentForm.test(text)) return null;
    if (text.startsWith('ff') || (text.startsWith('00') && text.length > traceParentLength)) return null;
    const traceId = text.slice(3, 35);
    const spanId = text.slice(36, 52);
    if (traceId === noTraceId || spanId === noSpanId) return null;
    const isSampled = oddDigits.includes(text.charAt(54));
    return { ids: { traceId, spanId }, isSampled, traceState: validTraceState(tracestate) };
  },
  write(sent, position) {
    const { traceState } = position;
    sent.traceparent = position.traceParent;
    if (traceState !== null) sent.tracestate = traceState;
    else remove(sent, 'tracestate');
  },
};

/** A deletion makes an object slow. */
function remove(sent: SentHeaders, name: string): void {
  if (sent[name] !== undefined) delete sent[name];
}

const stateCharsMax = 512;
const stateMembersMax = 32;
const stateMember =
  /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/;

function validTraceState(text: string | string[] | undefined): string | null {
  if (typeof text !== 'string' || text.length > stateCharsMax) return null;
  const members = text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  if (members.length === 0 || members.length > stateMembersMax) return null;
  const keys = new Set(members.map((member) => member.slice(0, member.indexOf('='))));
  const isValid = keys.size === members.length && members.every((member) => stateMember.test(member));
  return isValid ? members.join(',') : null;
}

const b3TraceId = /^(?:[0-9a-f]{16}){1,2}$/;
const b3SpanId = /^[0-9a-f]{16}$/;
const b3Sampled = new Map([
  ['1', true],
  ['true', true],
  ['d', true],
  ['0', false],
  ['false', false],
]);

/** @see https://github.com/openzipkin/b3-propagation */
const b3: Format = {
  read: (headers) => readB3Single(headers) ?? readB3Multi(headers),
  write(sent, { traceId, spanId, isSampled }) {
    sent.b3 = `${traceId}-${spanId}-${isSampled ? '1' : '0'}`;
  },
};

const b3multi: Format = {
  read: (headers) => readB3Multi(headers) ?? readB3Single(headers),
  write(sent, { traceId, spanId, isSampled }) {
    sent['x-b3-traceid'] = traceId;
    sent['x-b3-spanid'] = spanId;
    sent['x-b3-sampled'] = isSampled ? '1' : '0';
    remove(sent, 'x-b3-parentspanid');
    remove(sent, 'x-b3-flags');
  },
};

function readB3Single({ b3: text }: Headers): RemoteParent | null {
  if (typeof text !== 'string') return null;
  const parts = text.trim().toLowerCase().split('-');
  if (parts.length === 1) return b3Parent(undefined, undefined, parts[0]);
  return parts.length <= 4 ? b3Parent(parts[0], parts[1], parts[2]) : null;
}

function readB3Multi(headers: Headers): RemoteParent | null {
  const [traceId, spanId, sampled, flags] = ['x-b3-traceid', 'x-b3-spanid', 'x-b3-sampled', 'x-b3-flags'].map(
    (name) => {
      const value = headers[name];
      return typeof value === 'string' ? value.trim().toLowerCase() : undefined;
    },
  );
  return b3Parent(traceId, spanId, flags === '1' ? 'd' : sampled);
}

function b3Parent(
  traceId: string | undefined,
  spanId: string | undefined,
  sampled: string | undefined,
): RemoteParent | null {
  const isSampled = sampled === undefined ? null : (b3Sampled.get(sampled) ?? null);
  if (traceId === undefined || spanId === undefined) {
    return isSampled === null ? null : { ids: null, isSampled, traceState: null };
  }
  const ids = { traceId: traceId.padStart(32, '0'), spanId };
  const isValid = b3TraceId.test(traceId) && b3SpanId.test(spanId);
  if (!isValid || ids.traceId === noTraceId || spanId === noSpanId) return null;
  return { ids, isSampled, traceState: null };
}

const decimal = /^[0-9]{1,20}$/;
const upperHalf = /(?:^|,)_dd\.p\.tid=([0-9a-f]{16})(?:,|$)/;
const u64Max = 0xffff_ffff_ffff_ffffn;

/** Its ids have 64 bits in decimal digits; the upper half of a trace id stands among the tags. */
const datadog: Format = {
  read(headers) {
    const low = hexOf(headers['x-datadog-trace-id']);
    const spanId = hexOf(headers['x-datadog-parent-id']);
    if (low === null || spanId === null) return null;
    const tags = headers['x-datadog-tags'];
    const high = typeof tags === 'string' ? (upperHalf.exec(tags)?.[1] ?? noSpanId) : noSpanId;
    const priority = headers['x-datadog-sampling-priority'];
    const isKnown = typeof priority === 'string' && /^-?[0-9]$/.test(priority);
    return {
      ids: { traceId: high + low, spanId },
      isSampled: isKnown ? Number(priority) > 0 : null,
      traceState: null,
    };
  },
  write(sent, { traceId, spanId, isSampled }) {
    const high = traceId.slice(0, 16);
    sent['x-datadog-trace-id'] = BigInt(`0x${traceId.slice(16)}`).toString();
    sent['x-datadog-parent-id'] = BigInt(`0x${spanId}`).toString();
    sent['x-datadog-sampling-priority'] = isSampled ? '1' : '0';
    if (high !== noSpanId) sent['x-datadog-tags'] = `_dd.p.tid=${high}`;
    else remove(sent, 'x-datadog-tags');
  },
};

/** 16 digits; null: not a number that is greater than 0 and has 64 bits. */
function hexOf(text: string | string[] | undefined): string | null {
  if (typeof text !== 'string' || !decimal.test(text)) return null;
  const value = BigInt(text);
  return value === 0n || value > u64Max ? null : value.toString(16).padStart(16, '0');
}

const formatsByName: Readonly<Record<PropagationFormat, Format>> = { w3c, b3, b3multi, datadog };

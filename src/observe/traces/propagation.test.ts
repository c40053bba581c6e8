/** The examples of the specifications, and what they call malformed. */

import { describe, expect, it } from 'vitest';

import type { PropagationFormat } from '../../config/gateway/traces.ts';
import { Propagation, TracePosition } from './propagation.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const ids = { traceId, spanId };

function read(headers: Readonly<Record<string, string>>, ...formats: PropagationFormat[]) {
  return new Propagation(formats).read(headers);
}

function written(formats: readonly PropagationFormat[], isSampled: boolean, given = {}) {
  const sent: Record<string, string> = { accept: 'application/json', ...given };
  const facts = { traceId, isSampled, traceState: null };
  new Propagation(formats).write(sent, new TracePosition(facts, spanId));
  return sent;
}

describe('W3C', () => {
  const w3c = (traceparent: string, tracestate?: string) =>
    read({ traceparent, ...(tracestate === undefined ? {} : { tracestate }) }, 'w3c');

  it.each([
    [`00-${traceId}-${spanId}-01`, true],
    [`00-${traceId}-${spanId}-00`, false],
    [`00-${traceId}-${spanId}-03`, true],
    [`00-${traceId}-${spanId}-fe`, false],
    // A later version may add something.
    [`cc-${traceId}-${spanId}-01`, true],
    [`cc-${traceId}-${spanId}-01-what-the-future-will-be-like`, true],
  ])('%s', (traceparent, isSampled) => {
    expect(w3c(traceparent)).toEqual({ ids, isSampled, traceState: null });
  });

  it.each([
    ['', 'empty'],
    [`00-${traceId}-${spanId}`, 'without flags'],
    [`ff-${traceId}-${spanId}-01`, 'a version that is forbidden'],
    [`00-${traceId}-${spanId}-01-more`, 'more than its version has'],
    [`cc-${traceId}-${spanId}-01.more`, 'more that is not set off'],
    [`00-${'0'.repeat(32)}-${spanId}-01`, 'no trace id'],
    [`00-${traceId}-${'0'.repeat(16)}-01`, 'no span id'],
    [`00-${traceId.toUpperCase()}-${spanId}-01`, 'capital letters'],
    [`00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`, 'twice'],
    [`00-${traceId.slice(1)}x-${spanId}-01`, 'no hex digits'],
    ['x'.repeat(16_000), 'long'],
  ])('ignores %s: %s', (traceparent) => {
    expect(w3c(traceparent)).toBeNull();
  });

  const valid = `00-${traceId}-${spanId}-01`;

  it.each([
    ['rojo=00f067aa0ba902b7,congo=t61rcWkgMzE', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'],
    ['foo=1 , ,bar=2', 'foo=1,bar=2'],
    ['fw529a3039@dt=FfAAAX', 'fw529a3039@dt=FfAAAX'],
    // Malformed: only the trace goes on.
    ['foo=1,foo=2', null],
    ['Foo=1', null],
    ['foo', null],
    ['foo=a=b', null],
    ['', null],
    [Array.from({ length: 33 }, (_, i) => `k${i}=1`).join(','), null],
    [`foo=${'1'.repeat(600)}`, null],
  ])('state %s', (tracestate, kept) => {
    expect(w3c(valid, tracestate)).toEqual({ ids, isSampled: true, traceState: kept });
  });

  it('tells services, and replaces what is there', () => {
    const traceparent = `00-${traceId}-${spanId}-01`;
    const given = { traceparent: 'of the client', tracestate: 'of=client' };
    expect(written(['w3c'], true, given)).toEqual({ accept: 'application/json', traceparent });
    expect(written(['w3c'], false)).toMatchObject({ traceparent: `00-${traceId}-${spanId}-00` });
  });
});

describe('B3', () => {
  const parent = (isSampled: boolean | null) => ({ ids, isSampled, traceState: null });

  it.each([
    [`${traceId}-${spanId}-1`, parent(true)],
    [`${traceId}-${spanId}-0`, parent(false)],
    [`${traceId}-${spanId}-d`, parent(true)],
    [`${traceId}-${spanId}`, parent(null)],
    [`${traceId}-${spanId}-1-05e3ac9a4f6e3b90`, parent(true)],
    ['0', { ids: null, isSampled: false, traceState: null }],
    [
      '8448eb211c80319c-b7ad6b7169203331-1',
      {
        ids: { traceId: '00000000000000008448eb211c80319c', spanId },
        isSampled: true,
        traceState: null,
      },
    ],
    ['', null],
    [`${traceId}-x-1`, null],
    [`${traceId}-${spanId}-1-2-3`, null],
    [`${'0'.repeat(32)}-${spanId}-1`, null],
  ])('single header %s', (b3, expected) => {
    expect(read({ b3 }, 'b3')).toEqual(expected);
    expect(read({ b3 }, 'b3multi')).toEqual(expected);
  });

  it.each([
    [{ 'x-b3-traceid': traceId, 'x-b3-spanid': spanId, 'x-b3-sampled': '1' }, parent(true)],
    [{ 'x-b3-traceid': traceId, 'x-b3-spanid': spanId, 'x-b3-sampled': 'false' }, parent(false)],
    [{ 'x-b3-traceid': traceId, 'x-b3-spanid': spanId, 'x-b3-flags': '1' }, parent(true)],
    [{ 'x-b3-traceid': traceId, 'x-b3-spanid': spanId }, parent(null)],
    [{ 'x-b3-sampled': '0' }, { ids: null, isSampled: false, traceState: null }],
    [{ 'x-b3-traceid': traceId }, null],
  ])('several headers %j', (headers, expected) => {
    expect(read(headers as Record<string, string>, 'b3multi')).toEqual(expected);
    expect(read(headers as Record<string, string>, 'b3')).toEqual(expected);
  });

  it('tells services in the form that is configured', () => {
    expect(written(['b3'], true)).toMatchObject({ b3: `${traceId}-${spanId}-1` });
    expect(written(['b3multi'], false, { 'x-b3-flags': '1' })).toEqual({
      accept: 'application/json',
      'x-b3-traceid': traceId,
      'x-b3-spanid': spanId,
      'x-b3-sampled': '0',
    });
  });
});

describe('Datadog', () => {
  const low = BigInt('0x8448eb211c80319c').toString();
  const span = BigInt(`0x${spanId}`).toString();
  const headers = { 'x-datadog-trace-id': low, 'x-datadog-parent-id': span };

  it.each([
    [{ 'x-datadog-sampling-priority': '1', 'x-datadog-tags': '_dd.p.tid=0af7651916cd43dd' }, traceId, true],
    [{ 'x-datadog-sampling-priority': '2' }, '00000000000000008448eb211c80319c', true],
    [{ 'x-datadog-sampling-priority': '-1' }, '00000000000000008448eb211c80319c', false],
    [{ 'x-datadog-sampling-priority': 'x' }, '00000000000000008448eb211c80319c', null],
    [{}, '00000000000000008448eb211c80319c', null],
  ])('%j', (more, id, isSampled) => {
    expect(read({ ...headers, ...more } as Record<string, string>, 'datadog')).toEqual({
      ids: { traceId: id, spanId },
      isSampled,
      traceState: null,
    });
  });

  it.each(['', '0', '18446744073709551616', 'b7ad', '-1'])('ignores the id %j', (id) => {
    expect(read({ ...headers, 'x-datadog-trace-id': id }, 'datadog')).toBeNull();
  });

  it('tells services', () => {
    expect(written(['datadog'], true)).toMatchObject({
      'x-datadog-trace-id': low,
      'x-datadog-parent-id': span,
      'x-datadog-sampling-priority': '1',
      'x-datadog-tags': '_dd.p.tid=0af7651916cd43dd',
    });
  });
});

it('goes by the first format that is there, and tells services all of them', () => {
  const b3 = `${'1'.repeat(32)}-${spanId}-1`;
  const traceparent = `00-${traceId}-${spanId}-01`;
  expect(read({ b3, traceparent }, 'w3c', 'b3')?.ids?.traceId).toBe(traceId);
  expect(read({ b3, traceparent }, 'b3', 'w3c')?.ids?.traceId).toBe('1'.repeat(32));
  expect(read({ b3, traceparent: 'malformed' }, 'w3c', 'b3')?.ids?.traceId).toBe('1'.repeat(32));
  expect(Object.keys(written(['w3c', 'b3', 'b3multi', 'datadog'], true))).toEqual(
    expect.arrayContaining(['traceparent', 'b3', 'x-b3-traceid', 'x-datadog-trace-id']),
  );
});

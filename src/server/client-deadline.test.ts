import { expect, it } from 'vitest';

import { clientTimeoutMs } from './client-deadline.ts';

it.each([
  [{}, Number.POSITIVE_INFINITY],
  [{ 'x-request-timeout': '1500' }, 1500],
  [{ 'x-request-timeout': '1500ms' }, 1500],
  [{ 'x-request-timeout': '1.5s' }, 1500],
  [{ 'grpc-timeout': '2S' }, 2000],
  [{ 'grpc-timeout': '250m' }, 250],
  [{ 'grpc-timeout': '1H' }, 3_600_000],
  [{ 'grpc-timeout': '5000u' }, 5],
  [{ 'x-request-timeout': '3s', 'grpc-timeout': '2S' }, 2000],
])('%j is %d ms', (headers, ms) => {
  expect(clientTimeoutMs(headers)).toBe(ms);
});

it.each([
  { 'x-request-timeout': 'soon' },
  { 'x-request-timeout': '-5' },
  { 'x-request-timeout': '0' },
  { 'x-request-timeout': '1e9' },
  { 'x-request-timeout': '5 s' },
  { 'grpc-timeout': '100' },
  { 'grpc-timeout': '123456789S' },
])('%j is no time: the gateway has its own', (headers) => {
  expect(clientTimeoutMs(headers)).toBe(Number.POSITIVE_INFINITY);
});

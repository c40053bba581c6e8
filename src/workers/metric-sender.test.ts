import { expect, it } from 'vitest';

import type { MetricChanges } from '../observe/metrics/metric-store.ts';
import { GatewayError } from '../shared/errors.ts';
import { MetricSender } from './metric-sender.ts';

const intervalMs = 3_600_000;

function changesOf(added: number): MetricChanges {
  return { counters: [['requests', [], added]], histograms: [], gauges: [] };
}

function counting(): { takeChanges(): MetricChanges } {
  let taken = 0;
  return { takeChanges: () => changesOf((taken += 1)) };
}

function senderTo(send: (changes: MetricChanges) => Promise<unknown>): MetricSender {
  return new MetricSender(counting(), intervalMs, send);
}

it('keeps what the channel has no room for, in its order, and sends each once', async () => {
  const sent: MetricChanges[] = [];
  let isFull = true;
  const sender = senderTo(async (changes) => {
    if (isFull) throw new GatewayError('OVERLOADED', 'full');
    sent.push(changes);
  });
  await sender.flush();
  await sender.flush();
  isFull = false;
  await sender.flush();
  await sender.close();
  expect(sent).toEqual([1, 2, 3, 4].map(changesOf));
});

it('sends nothing twice that may have arrived', async () => {
  const sent: MetricChanges[] = [];
  const sender = senderTo(async (changes) => {
    sent.push(changes);
    if (sent.length === 1) throw new GatewayError('NOT_READY', 'no answer in time');
  });
  await sender.flush();
  await sender.close();
  expect(sent).toEqual([1, 2].map(changesOf));
});

it('keeps no more than a hundred', async () => {
  const sent: MetricChanges[] = [];
  let isFull = true;
  const sender = senderTo(async (changes) => {
    if (isFull) throw new GatewayError('OVERLOADED', 'full');
    sent.push(changes);
  });
  for (let interval = 0; interval < 150; interval += 1) await sender.flush();
  isFull = false;
  await sender.close();
  expect(sent).toEqual(Array.from({ length: 101 }, (_, index) => changesOf(51 + index)));
});

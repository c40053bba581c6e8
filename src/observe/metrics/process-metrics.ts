/** What this process takes: processor time, memory, event-loop lag, garbage collection. Names are those of prom-client. */

import {
  constants,
  monitorEventLoopDelay,
  PerformanceObserver,
  type EventLoopUtilization,
  type PerformanceEntry,
} from 'node:perf_hooks';
import { readdirSync } from 'node:fs';

import { otherLabel, type MetricStore } from './metric-store.ts';

const lagResolutionMs = 20;
/** In seconds. */
const gcBuckets = [0.001, 0.01, 0.1, 1];
const gcKinds = new Map<number, string>([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);

/** The types of Node leave the detail out. */
interface CollectedGarbage extends PerformanceEntry {
  readonly detail?: { readonly kind?: number };
}

/** @returns A function that ends it. */
export function watchProcess(store: MetricStore): () => void {
  const stopGc = watchGarbageCollection(store);
  const stopLag = watchEventLoop(store);
  readMemory(store);
  return () => {
    stopGc();
    stopLag();
  };
}

function watchGarbageCollection(store: MetricStore): () => void {
  const durations = store.histogram({
    name: 'nodejs_gc_duration_seconds',
    help: 'Garbage collections, by kind, in seconds',
    labels: ['kind'],
    buckets: gcBuckets,
  });
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as CollectedGarbage[])
      durations.observe(entry.duration / 1000, gcKinds.get(entry.detail?.kind ?? 0) ?? otherLabel);
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => observer.disconnect();
}

function watchEventLoop(store: MetricStore): () => void {
  const delay = monitorEventLoopDelay({ resolution: lagResolutionMs });
  delay.enable();
  let last: EventLoopUtilization = performance.eventLoopUtilization();
  const gauge = (name: string, help: string, read: () => number): void =>
    store.gauge({ name, help, labels: [] }, () => [[read()]]);
  gauge('nodejs_eventloop_lag_p99_seconds', 'Event-loop lag since the last reading, 99th percentile', () => {
    const seconds = (delay.percentile(99) - lagResolutionMs * 1e6) / 1e9;
    delay.reset();
    return Math.max(0, seconds);
  });
  gauge(
    'nodejs_eventloop_utilization',
    'Share of the time since the last reading that the event loop was busy',
    () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, last);
      last = now;
      return utilization;
    },
  );
  return () => delay.disable();
}

function readMemory(store: MetricStore): void {
  const startedAtSeconds = Math.floor(Date.now() / 1000 - process.uptime());
  const gauge = (name: string, help: string, read: () => number): void =>
    store.gauge({ name, help, labels: [] }, () => [[read()]]);
  const cpu = { name: 'process_cpu_seconds_total', help: 'Processor time of this process, in seconds' };
  store.gauge({ ...cpu, labels: [], isCounter: true }, () => {
    const { user, system } = process.cpuUsage();
    return [[(user + system) / 1e6]];
  });
  gauge(
    'process_start_time_seconds',
    'Start of this process, in seconds since the epoch',
    () => startedAtSeconds,
  );
  gauge('process_resident_memory_bytes', 'Resident memory', () => process.memoryUsage.rss());
  gauge('nodejs_heap_size_used_bytes', 'JavaScript heap in use', () => process.memoryUsage().heapUsed);
  gauge(
    'nodejs_external_memory_bytes',
    'Memory outside the heap, such as buffers',
    () => process.memoryUsage().external,
  );
  gauge('process_open_fds', 'Open file descriptors; 0 where the system does not tell', openDescriptors);
}

function openDescriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}

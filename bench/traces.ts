/**
 * `node bench/traces.ts`: what tracing costs a request by itself: one that is not recorded, and one that is, each with
 * five stages, three plan steps and three calls.
 */

import { performance } from 'node:perf_hooks';

import { tracer, type TracerOptions } from '../src/observe/traces/tracer.ts';
import { during, untraced, within, type BeginTrace, type RequestTrace } from '../src/shared/trace.ts';

const roundMs = 500;
const rounds = 8;
const stages = ['authenticate', 'admit', 'prepare', 'authorize'];
const services = ['orders', 'payments', 'users'];
const plainHeaders = { host: 'localhost', accept: 'application/json', 'content-type': 'application/json' };
const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';

const options: TracerOptions = {
  sampleRatio: 1e-9,
  callerSampledPerSecondMax: 100,
  propagation: ['w3c'],
  attributes: { fromHeaders: [], fromClaims: [] },
  serviceName: 'bench',
  resource: {},
  isIdPublic: false,
  isRedacted: true,
  isTrusted: null,
  // The queue and the export are measured with a whole gateway.
  processor: {
    onStart: () => undefined,
    onEnd: () => undefined,
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  },
};

const cases: ReadonlyArray<readonly [string, BeginTrace, Readonly<Record<string, string>>]> = [
  ['tracing off', () => untraced, plainHeaders],
  ['not sampled, no parent', tracer(options), plainHeaders],
  ['not sampled, by its parent', tracer(options), { ...plainHeaders, traceparent: parent }],
  ['sampled', tracer({ ...options, sampleRatio: 1 }), plainHeaders],
];

const best = new Map<string, number>();
for (let round = 0; round < rounds; round += 1) {
  for (const [name, begin, headers] of cases) {
    const us = measure(() => request(begin, headers));
    best.set(name, Math.min(us, best.get(name) ?? Number.POSITIVE_INFINITY));
  }
}
const off = best.get('tracing off') ?? 0;
for (const [name, us] of best) {
  console.log(`${name}: ${us.toFixed(3)} us a request, ${(us - off).toFixed(3)} us more than without`);
}

/** As the stages, the executor, the policies and the transports call it. */
function request(begin: BeginTrace, headers: Readonly<Record<string, string>>): void {
  const trace = begin({ method: 'POST', route: '/graphql', headers, address: '127.0.0.1' });
  const context = { trace };
  for (const stage of stages) during(context, stage, work);
  during(context, 'execute', () => {
    for (const service of services) call(context, service);
  });
  trace.span?.end();
}

function call(context: { readonly trace: RequestTrace }, service: string): void {
  const step = context.trace.span?.begin(`fetch ${service}`) ?? null;
  const { trace } = step ? within(context, step) : context;
  const span = trace.span && trace.span.begin(`call ${service}`, { kind: 'client' });
  const sent: Record<string, string> = { accept: 'application/json' };
  trace.addHeaders(sent, span);
  sent['x-request-id'] = 'r';
  span?.end();
  step?.end();
}

function work(): number {
  return 1;
}

/** @returns Microseconds of processor time: others may use the machine. */
function measure(run: () => void): number {
  const before = process.cpuUsage();
  const untilMs = performance.now() + roundMs;
  let count = 0;
  while (performance.now() < untilMs) {
    for (let i = 0; i < 1000; i += 1) run();
    count += 1000;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

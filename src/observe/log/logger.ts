/** JSON log lines on standard output, from the gateway's events. Never a header, a variable or a document. */

import { pino, type Logger } from 'pino';

import type { LogConfig, LogLevel } from '../../config/gateway/log.ts';
import { cutText } from '../../shared/cut-text.ts';
import { isGatewayError } from '../../shared/errors.ts';
import { monotonicClock } from '../../shared/clock.ts';
import type { Events } from '../../shared/events.ts';
import { Bursts } from './bursts.ts';
import { logFieldFailures } from './field-failures.ts';
import { logBodies } from './body-lines.ts';
import { whileEnabled } from './levels.ts';
import { LineBudget } from './line-budget.ts';
import { boundedFields } from './line-fields.ts';
import { type LogOutput, standardOutput } from './log-output.ts';
import { describe, describeCause, reasonOf } from './reasons.ts';
import { isRefused, requestLine } from './request-line.ts';
import { logSlowOperations } from './slow-operations.ts';
import { errorText } from '../../shared/error-text.ts';

/** The reason may quote a credential, whose length the client chooses. */
const reasonCharsMax = 256;
/** Of unexpected errors; each may have a stack trace of 16 KiB. */
const defectLinesPerSecondMax = 10;

/** What is written only by what has just happened, in lines a second: what is left is logged when the log is flushed. */
interface Pending {
  flush(): void;
}

export interface Log extends Pick<LogOutput, 'flushed'> {
  setLevel(level: LogLevel): void;
  /** Switches between the configured level and `debug`. @returns The new level. */
  switchLevel(): LogLevel;
}

/** @param worker The number of this worker process, if there are several; logged on each line. */
export function logEvents(events: Events, config: LogConfig, worker?: number): Log {
  return logTo(standardOutput(config.bufferBytesMax), events, { ...config, worker });
}

export type LogOptions = Omit<LogConfig, 'bufferBytesMax'> & { readonly worker?: number | undefined };

export function logTo(output: LogOutput, events: Events, { worker, ...config }: LogOptions): Log {
  const settings = {
    level: config.level,
    base: worker === undefined ? null : { worker },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { log: boundedFields },
  };
  const logger = pino(settings, output.stream);
  output.onDrained(() => {
    const lines = output.lost();
    if (lines > 0) logger.warn({ lines }, 'log lines lost: the reader of standard output is too slow');
  });
  const pending = [
    ...logRequests(events, logger, config),
    logMeasuredLimits(events, logger),
    logLimitedRequests(events, logger),
  ];
  logAuthentication(events, logger);
  logServices(events, logger);
  logProcess(events, logger, worker);
  let current = config.level;
  function setLevel(level: LogLevel): void {
    if (level === current) return;
    current = level;
    // Written at the more verbose of the two levels, so that it is seen.
    if (level === 'debug') logger.level = level;
    logger.info({ logLevel: level }, 'log level changed');
    logger.level = level;
  }
  return {
    setLevel,
    switchLevel() {
      setLevel(current === 'debug' ? config.level : 'debug');
      return current;
    },
    flushed() {
      for (const lines of pending) lines.flush();
      return output.flushed();
    },
  };
}

/** @returns What is not logged yet. */
function logRequests(events: Events, logger: Logger, config: LogOptions): readonly Pending[] {
  const isRedacted = config.backendMessages === 'redact';
  const refusedLines = new LineBudget(config.refusedLinesPerSecondMax, (leftOut) =>
    logger.info(leftOut, 'lines of refused requests left out'),
  );
  const { requests } = config;
  if (requests !== 'none')
    whileEnabled(logger, 'info', () => [
      events.on('requestEnded', (event) => {
        if (requests === 'failed' && event.httpStatus < 400 && event.errorCounts.length === 0) return;
        if (isRefused(event) && !refusedLines.take(event.errorCounts[0]?.code ?? '')) return;
        logger.info(requestLine(event, isRedacted), 'request');
      }),
    ]);
  const { bodies } = config;
  return [
    refusedLines,
    logSlowOperations(events, logger, config.slowOperationMs),
    ...(bodies ? [logBodies(events, logger, { config: bodies, random: Math.random })] : []),
    logFieldFailures(events, logger, isRedacted),
    logFallbacks(events, logger),
    logDefects(events, logger),
    ...logRefusals(events, logger, refusedLines),
  ];
}

/** One line for each service and second. */
function logFallbacks(events: Events, logger: Logger): Pending {
  const bursts = new Bursts<{ readonly service: string; readonly requestId: string }>(
    ({ count, first: { service, requestId } }) =>
      logger.warn({ service, fields: count, requestId }, 'fallbacks served'),
  );
  events.on('fallbacksServed', ({ requestId, fallbacks }) => {
    for (const { service } of fallbacks) bursts.add(service, () => ({ service, requestId }));
  });
  return bursts;
}

/** Each has a stack trace, and a client may know how to cause them. */
function logDefects(events: Events, logger: Logger): Pending {
  const lines = new LineBudget(defectLinesPerSecondMax, (leftOut) =>
    logger.error(leftOut, 'lines of defects left out'),
  );
  events.on('defect', ({ error, ...event }) => {
    if (lines.take(event.where)) logger.error({ ...event, err: describe(error) }, 'defect');
  });
  events.on('requestRefused', ({ requestId, error }) => {
    if (isDefect(error) && lines.take('INTERNAL_ERROR'))
      logger.error({ requestId, err: describe(error), cause: describeCause(error) }, 'request failed');
  });
  return lines;
}

function isDefect(error: unknown): boolean {
  return !isGatewayError(error) || error.code === 'INTERNAL_ERROR';
}

function logProcess(events: Events, logger: Logger, worker: number | undefined): void {
  events.on('overloadChanged', ({ level, lagMs, heapShare }) => {
    const event = { level, lagMs: Math.round(lagMs), heapPercent: Math.round(heapShare * 100) };
    if (level > 0) logger.warn(event, 'overloaded: requests are refused');
    else logger.info(event, 'no longer overloaded');
  });
  events.on('unreadAnswersDropped', (event) =>
    logger.warn(event, 'connections closed: clients do not read their responses'),
  );
  events.on('connectionsShed', (event) => logger.warn(event, 'connections closed: too many are open'));
  // In a worker, the planner of the primary process has loaded it already.
  const loaded = worker === undefined ? 'supergraph loaded' : 'supergraph in place';
  events.on('supergraphLoaded', (event) => logger.info(event, loaded));
  events.on('supergraphRefused', ({ error }) => {
    const reason = errorText(error);
    logger.error({ reason }, 'the changed graph is invalid; the previous graph stays in use');
  });
  events.on('operationsWarmed', (event) => logger.info(event, 'operations of an earlier process prepared'));
  events.on('operationsFileFailed', ({ file, action, reason }) =>
    logger.warn({ file, reason }, `the list of operations cannot be ${action}`),
  );
  events.on('clientsReplaced', (event) => logger.info(event, 'clients replaced'));
  events.on('clientRefused', ({ client, error }) => {
    logger.error(
      { client, reason: reasonOf(error) },
      'the changed client is invalid; its previous state stays in use',
    );
  });
  events.on('workerStarted', (event) => logger.info(event, 'worker started'));
  events.on('workerFailed', ({ worker: number, error }) => {
    logger.error(
      { worker: number, err: describe(error), cause: describeCause(error) },
      'worker cannot start',
    );
  });
  events.on('workerEnded', (event) => logger.error(event, 'worker ended'));
  events.on('listening', (event) => logger.info(event, 'listening'));
  events.on('metricsListening', ({ url, isOtherPort }) => {
    if (isOtherPort) logger.warn({ url }, 'metrics listening, on a free port: the default one is in use');
    else logger.info({ url }, 'metrics listening');
  });
  events.on('draining', (event) => logger.info(event, 'draining'));
  logDroppedSpans(events, logger);
  events.on('closed', () => logger.info('closed'));
}

/** A receiver that is down drops spans all the time. */
function logDroppedSpans(events: Events, logger: Logger): void {
  let spans = 0;
  let nextAtMs = Number.NEGATIVE_INFINITY;
  events.on('metricsPushFailed', (event) =>
    logger.warn(event, 'metrics could not be sent: see metrics.otlp'),
  );
  events.on('spansDropped', ({ spans: count, reason, error }) => {
    spans += count;
    const nowMs = monotonicClock();
    if (nowMs < nextAtMs) return;
    logger.warn({ spans, reason, error: reasonOf(error ?? undefined) }, 'spans dropped: see traces.otlp');
    spans = 0;
    nextAtMs = nowMs + droppedSpansEveryMs;
  });
}

const droppedSpansEveryMs = 60_000;

interface FirstRefusal {
  readonly requestId: string;
  readonly reason: string | undefined;
}

/** Client errors are in the request line; only failures of the gateway get a line of their own. */
function logRefusals(events: Events, logger: Logger, refusedLines: LineBudget): readonly Pending[] {
  const bursts = new Bursts<FirstRefusal & { readonly code: string }>(
    ({ count, first: { code, ...first } }) =>
      logger.warn({ code, requests: count, ...first }, 'requests refused'),
  );
  events.on('requestRefused', ({ requestId, error }) => {
    if (!isGatewayError(error) || isDefect(error)) return;
    const { code } = error;
    if (code === 'UNAUTHENTICATED' && error.cause instanceof Error && refusedLines.take(code)) {
      const reason = cutText(error.cause.message, reasonCharsMax);
      logger.info({ requestId, reason }, 'not authenticated');
    }
    // Overload, an identity provider or Redis that is down: many requests fail at once for the same reason.
    if (error.httpStatus >= 500) bursts.add(code, () => ({ code, requestId, reason: reasonOf(error) }));
  });
  return [bursts];
}

/** One line for each limit and second, however many requests are over it. */
function logMeasuredLimits(events: Events, logger: Logger): Pending {
  const bursts = new Bursts<FirstRefusal & { readonly limit: string }>(
    ({ count, first: { limit, ...first } }) =>
      logger.warn({ limit, requests: count, ...first }, 'over a limit that is only measured'),
  );
  events.on('limitMeasured', ({ requestId, limit, max, actual }) =>
    bursts.add(limit, () => {
      const reason = `at most ${max}${actual === null ? '' : `, not ${actual}`}`;
      return { limit, requestId, reason };
    }),
  );
  return bursts;
}

/** One line for each policy and second: the request line has the code, and not which policy it was. */
function logLimitedRequests(events: Events, logger: Logger): Pending {
  const bursts = new Bursts<FirstRefusal & { readonly limit: string }>(
    ({ count, first: { limit, ...first } }) =>
      logger.info({ limit, requests: count, ...first }, 'over a limit: requests refused'),
  );
  events.on('requestRefused', ({ requestId, error }) => {
    if (!isGatewayError(error) || error.code !== 'RATE_LIMITED') return;
    const limit = String(error.public['policy']);
    bursts.add(limit, () => ({ limit, requestId, reason: error.message }));
  });
  return bursts;
}

function logAuthentication(events: Events, logger: Logger): void {
  events.on('identityProviderFailed', (event) => logger.warn(event, 'identity provider failed'));
  events.on('credentialsReplaced', (event) => logger.info(event, 'certificates and keys replaced'));
  events.on('credentialsRefused', ({ error }) => {
    const reason = errorText(error);
    logger.error({ reason }, 'changed certificates or keys are invalid; the previous ones stay in use');
  });
  events.on('authDataFailed', (event) => logger.warn(event, 'cannot read or write API keys or revocations'));
}

function logServices(events: Events, logger: Logger): void {
  events.on('breakerChanged', (event) => {
    if (event.to === 'open') logger.warn(event, 'breaker opened');
    else logger.info(event, 'breaker changed');
  });
  events.on('storeChanged', ({ address, state, reason }) => {
    if (state === 'lost') logger.warn({ address, reason }, 'redis lost');
    else logger.info({ address }, 'redis connected');
  });
  events.on('limitStoreChanged', ({ state, reason }) => {
    if (state === 'local')
      logger.warn({ reason }, 'limits are counted by this process alone: the shared counters are lost');
    else logger.info('limits are counted together again');
  });
  events.on('discoveryFailed', ({ error, ...event }) => {
    const reason = errorText(error);
    logger.warn({ ...event, reason }, 'service discovery by DNS failed; the previous addresses stay in use');
  });
  whileEnabled(logger, 'debug', () => [
    events.on('callRetried', (event) => logger.debug(event, 'call retried')),
    events.on('callHedged', (event) => logger.debug(event, 'call hedged')),
    events.on('batchLoaded', (event) => logger.debug(event, 'batch loaded')),
    events.on('callRefused', (event) => logger.debug(event, 'call refused')),
  ]);
}

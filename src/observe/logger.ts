/** JSON log lines on standard output, from the gateway's events. Never a header, a variable or a document. */

import { pino, type Logger } from 'pino';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { cutText } from '../shared/cut-text.ts';
import { isGatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';
import { Bursts } from './bursts.ts';
import { logFieldFailures } from './field-failures.ts';
import { boundedFields } from './line-fields.ts';
import { type LogOutput, standardOutput } from './log-output.ts';
import { describe, describeCause, reasonOf } from './reasons.ts';
import { errorText } from '../shared/error-text.ts';

/** The reason may quote a credential, whose length the client chooses. */
const reasonCharsMax = 256;

export type Log = Pick<LogOutput, 'flushed'>;

/** @param worker The number of this worker process, if there are several; logged on each line. */
export function logEvents(events: Events, config: GatewayConfig['log'], worker?: number): Log {
  return logTo(standardOutput(config.bufferBytesMax), events, { ...config, worker });
}

type LogOptions = Pick<GatewayConfig['log'], 'level' | 'backendMessages'> & {
  readonly worker?: number | undefined;
};

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
  const refusals = logRequests(events, logger, config.backendMessages === 'redact');
  logAuthentication(events, logger);
  logServices(events, logger);
  logProcess(events, logger, worker);
  return {
    flushed() {
      refusals.flush();
      return output.flushed();
    },
  };
}

/** @returns The counts of refused requests, not yet logged. */
function logRequests(events: Events, logger: Logger, isRedacted: boolean): Bursts {
  if (logger.isLevelEnabled('info')) {
    events.on('requestEnded', (event) => {
      const { spanId: _, ...line } = event;
      logger.info(line, 'request');
    });
  }
  events.on('fieldsFailed', (event) => logFieldFailures(logger, isRedacted, event));
  events.on('fallbacksServed', ({ requestId, fallbacks }) => {
    const services = [...new Set(fallbacks.map(({ service }) => service))];
    logger.warn({ requestId, services, fields: fallbacks.length }, 'fallbacks served');
  });
  events.on('defect', ({ error, ...event }) => logger.error({ ...event, err: describe(error) }, 'defect'));
  return logRefusals(events, logger);
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
  events.on('draining', (event) => logger.info(event, 'draining'));
  events.on('closed', () => logger.info('closed'));
}

/** Client errors are in the request line; only failures of the gateway get a line of their own. */
function logRefusals(events: Events, logger: Logger): Bursts {
  const bursts = new Bursts((code, { count, first }) =>
    logger.warn({ code, requests: count, ...first }, 'requests refused'),
  );
  events.on('requestRefused', ({ requestId, error }) => {
    if (!isGatewayError(error) || error.code === 'INTERNAL_ERROR') {
      logger.error({ requestId, err: describe(error), cause: describeCause(error) }, 'request failed');
      return;
    }
    if (error.code === 'UNAUTHENTICATED' && error.cause instanceof Error) {
      const reason = cutText(error.cause.message, reasonCharsMax);
      logger.info({ requestId, reason }, 'not authenticated');
    }
    // Overload, an identity provider or Redis that is down: many requests fail at once for the same reason.
    if (error.httpStatus >= 500) bursts.add(error.code, { requestId, reason: reasonOf(error) });
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
  events.on('discoveryFailed', ({ error, ...event }) => {
    const reason = errorText(error);
    logger.warn({ ...event, reason }, 'service discovery by DNS failed; the previous addresses stay in use');
  });
  if (logger.isLevelEnabled('debug')) {
    events.on('callRetried', (event) => logger.debug(event, 'call retried'));
    events.on('callHedged', (event) => logger.debug(event, 'call hedged'));
    events.on('batchLoaded', (event) => logger.debug(event, 'batch loaded'));
    events.on('callRefused', (event) => logger.debug(event, 'call refused'));
  }
}

/** JSON log lines on standard output, from the gateway's events. Never a header, a variable or a document. */

import { pino, type Logger } from 'pino';

import type { GatewayConfig } from '../config/gateway-config.ts';
import { isCodeName, isGatewayError } from '../shared/errors.ts';
import type { Events, GatewayEvents } from '../shared/events.ts';
import { type LogOutput, standardOutput } from './log-output.ts';

export type Log = Pick<LogOutput, 'flushed'>;

/** @param worker The number of this worker process, where there are several: each line says it. */
export function logEvents(events: Events, config: GatewayConfig['log'], worker?: number): Log {
  const base = worker === undefined ? null : { worker };
  const output = standardOutput(config.bufferBytesMax);
  const settings = { level: config.level, base, timestamp: pino.stdTimeFunctions.isoTime };
  const logger = pino(settings, output.stream);
  output.onDrained(() => {
    const lines = output.lost();
    if (lines > 0) logger.warn({ lines }, 'log lines lost: their reader was too slow');
  });
  if (logger.isLevelEnabled('info')) {
    events.on('requestCompleted', (event) => logger.info(event, 'request'));
  }
  const isRedacted = config.backendMessages === 'redact';
  events.on('fieldFailed', ({ requestId, error }) => {
    const { code, message, service, path, cause } = isRedacted ? withoutWords(error) : error;
    logger.warn(
      { requestId, code, message, service, path: path?.join('.'), cause: describe(cause) },
      'field failed',
    );
  });
  events.on('fallbacksServed', ({ requestId, fallbacks }) => {
    const services = [...new Set(fallbacks.map(({ service }) => service))];
    logger.warn({ requestId, services, fields: fallbacks.length }, 'fallbacks served');
  });
  events.on('requestRefused', ({ requestId, error }) => {
    // The client's own mistakes are counted in the request line; only ours need a line of their own.
    if (isGatewayError(error) && error.code === 'UNAUTHENTICATED' && error.cause instanceof Error) {
      logger.info({ requestId, reason: error.cause.message }, 'not authenticated');
    }
    if (isGatewayError(error) && error.code === 'AUTHENTICATION_UNAVAILABLE') {
      // Many at once while a provider or Redis is down, each for the same reason.
      logger.warn({ requestId, reason: causeMessage(error) }, 'not authenticated: nobody can say');
      return;
    }
    if (isGatewayError(error) && error.httpStatus < 500) return;
    logger.error({ requestId, err: describe(error), cause: causeOf(error) }, 'request failed');
  });
  events.on('defect', ({ error, ...event }) => logger.error({ ...event, err: describe(error) }, 'defect'));
  logAuthentication(events, logger);
  events.on('overloadChanged', ({ level, lagMs, heapShare }) => {
    const event = { level, lagMs: Math.round(lagMs), heapPercent: Math.round(heapShare * 100) };
    if (level > 0) logger.warn(event, 'overloaded: requests are refused');
    else logger.info(event, 'no longer overloaded');
  });
  events.on('unreadAnswersDropped', (event) =>
    logger.warn(event, 'answers dropped: their clients do not read them'),
  );
  events.on('connectionsShed', (event) => logger.warn(event, 'connections closed: there are too many'));
  // A worker gets its graph from the planner of the primary process, which has loaded it.
  const loaded = worker === undefined ? 'supergraph loaded' : 'supergraph in place';
  events.on('supergraphLoaded', (event) => logger.info(event, loaded));
  events.on('supergraphRefused', ({ error }) => {
    const reason = error instanceof Error ? error.message : String(error);
    logger.error({ reason }, 'the changed graph is not usable; the one before stays');
  });
  logServices(events, logger);
  events.on('workerStarted', (event) => logger.info(event, 'worker started'));
  events.on('workerFailed', ({ worker: number, error }) => {
    logger.error({ worker: number, err: describe(error), cause: causeOf(error) }, 'worker cannot start');
  });
  events.on('workerEnded', (event) => logger.error(event, 'worker ended'));
  events.on('listening', (event) => logger.info(event, 'listening'));
  events.on('draining', (event) => logger.info(event, 'draining'));
  events.on('closed', () => logger.info('closed'));
  return output;
}

function logAuthentication(events: Events, logger: Logger): void {
  events.on('identityProviderFailed', (event) => logger.warn(event, 'identity provider failed'));
  events.on('credentialsReplaced', (event) => logger.info(event, 'certificates and keys replaced'));
  events.on('credentialsRefused', ({ error }) => {
    const reason = error instanceof Error ? error.message : String(error);
    logger.error({ reason }, 'changed certificates or keys are not usable; those before stay');
  });
  events.on('authDataFailed', (event) =>
    logger.warn(event, 'cannot read or write what authentication goes by'),
  );
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
    const reason = error instanceof Error ? error.message : String(error);
    logger.warn({ ...event, reason }, 'no addresses from DNS; those known stay');
  });
  if (logger.isLevelEnabled('debug')) {
    events.on('callRetried', (event) => logger.debug(event, 'call retried'));
    events.on('callHedged', (event) => logger.debug(event, 'call hedged'));
    events.on('batchLoaded', (event) => logger.debug(event, 'batch loaded'));
    events.on('callRefused', (event) => logger.debug(event, 'call refused'));
  }
}

type FieldError = GatewayEvents['fieldFailed']['error'];

/** Without what a backend said: it may be anything that a client sent it. */
function withoutWords(error: FieldError): FieldError {
  const { cause } = error;
  const isSaid = cause instanceof Error && (cause.name === 'ServiceRefusal' || 'details' in cause);
  const known = isSaid ? { ...error, cause: undefined } : error;
  // A failure inside a resolver, or of the call itself, is told in our words.
  const isOurs = cause instanceof Error && !isSaid && cause.name !== 'MalformedError';
  if (!error.fromBackend || isOurs) return known;
  return { ...known, message: 'withheld', code: isCodeName(error.code) ? error.code : 'SERVICE_ERROR' };
}

function describe(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  // Whatever else somebody threw may hold anything: a request with its headers, say.
  if (!(error instanceof Error)) return typeof error === 'string' ? error : `${typeof error}, not an Error`;
  return error.stack ?? error.message;
}

function causeOf(error: unknown): string | undefined {
  return error instanceof Error ? describe(error.cause) : undefined;
}

function causeMessage({ cause }: Error): string | undefined {
  return cause instanceof Error ? cause.message : undefined;
}

/**
 * Logs the field errors of answers, however many fields fail: a line a second for each code and service, and at level
 * `debug` the details of each answer.
 */

import type { Logger } from 'pino';

import { isCodeName, isErrorCode, noteOf } from '../../shared/errors.ts';
import type { Events, GatewayEvents } from '../../shared/events.ts';
import { Bursts } from './bursts.ts';
import { whileEnabled } from './levels.ts';
import { describe, isFromService, reasonOf } from './reasons.ts';
import { loggableCode } from './request-line.ts';

type FieldErrors = GatewayEvents['fieldsFailed'];
type FieldError = FieldErrors['errors'][number];

/** Per answer. Services choose codes, so there may be one per error. */
const linesMax = 10;
const pathsMax = 5;

interface FirstFailure {
  readonly code: string;
  readonly service: string | undefined;
  readonly requestId: string;
  readonly reason: string;
}

/**
 * @param isRedacted Withholds messages of services.
 * @returns The failures that are not logged yet.
 */
export function logFieldFailures(events: Events, logger: Logger, isRedacted: boolean): Bursts<FirstFailure> {
  const bursts = new Bursts<FirstFailure>(({ count, first, isMixed }) => {
    const { code, service, ...rest } = first;
    const line = { code, service, fields: count, ...rest };
    // A denied field is not a failure of the system, so it is no warning.
    if (isDenial(first) && !isMixed) logger.info(line, 'fields denied');
    else logger.warn(line, isMixed ? 'fields failed in further ways' : 'fields failed');
  });
  events.on('fieldsFailed', ({ requestId, errors }) => {
    for (const error of errors) {
      const code = loggableCode(error.code, isRedacted);
      bursts.add(`${code}\n${error.service ?? ''}`, () => firstOf(error, requestId, isRedacted));
    }
  });
  whileEnabled(logger, 'debug', () => [
    events.on('fieldsFailed', (failed) => logDetails(logger, isRedacted, failed)),
  ]);
  return bursts;
}

/** Errors of the access policy have no service, and a code of the gateway or one that a rule chose. */
function isDenial({ code, service }: FirstFailure): boolean {
  if (code === 'FORBIDDEN') return true;
  return service === undefined && (code === 'UNAUTHENTICATED' || !isErrorCode(code));
}

function firstOf(error: FieldError, requestId: string, isRedacted: boolean): FirstFailure {
  const loggable = isRedacted ? redact(error) : error;
  const { code, service, message } = loggable;
  const cause = causeOf(loggable);
  const reason = cause === undefined || cause === message ? message : `${message}: ${cause}`;
  return { code: loggableCode(code, isRedacted), service, requestId, reason };
}

function logDetails(logger: Logger, isRedacted: boolean, { requestId, errors }: FieldErrors): void {
  const loggable = isRedacted ? errors.map(redact) : errors;
  const byKind = Map.groupBy(loggable, ({ code, service }) => JSON.stringify([code, service]));
  const groups = [...byKind.values()];
  for (const group of groups.slice(0, linesMax)) logGroup(logger, requestId, group);
  const rest = groups.slice(linesMax).flat();
  if (rest.length > 0) logger.debug({ requestId, fields: rest.length }, 'more fields failed');
}

function logGroup(logger: Logger, requestId: string, group: readonly FieldError[]): void {
  const first = group[0] as FieldError;
  const { code, message, service } = first;
  const paths = group.slice(0, pathsMax).map(({ path }) => path?.join('.') ?? '');
  const line = { requestId, code, message, service, fields: group.length, paths, cause: causeOf(first) };
  logger.debug(line, 'field failed');
}

function causeOf({ code, cause }: FieldError): string | undefined {
  const isDefect = code === 'INTERNAL_ERROR' || code === 'AUTHORIZATION_FAILED';
  return isDefect && !noteOf(cause).isRemark ? describe(cause) : reasonOf(cause);
}

/** Without texts of a service, which may repeat anything that a client sent. */
function redact(error: FieldError): FieldError {
  const { cause } = error;
  const hasServiceText = isFromService(cause);
  const redacted = hasServiceText ? { ...error, cause: undefined } : error;
  // The message is the gateway's own if a resolver, or the call itself, failed.
  const isOwnMessage = cause instanceof Error && !hasServiceText && !noteOf(cause).isRemark;
  if (!error.fromBackend || isOwnMessage) return redacted;
  return { ...redacted, message: 'withheld', code: isCodeName(error.code) ? error.code : 'SERVICE_ERROR' };
}

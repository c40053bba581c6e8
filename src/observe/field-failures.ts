/** Logs the field errors of one answer: one line per code and service, however many fields failed. */

import type { Logger } from 'pino';

import { isCodeName, noteOf } from '../shared/errors.ts';
import type { GatewayEvents } from '../shared/events.ts';
import { causesMax, describe, reasonOf } from './reasons.ts';

type FieldErrors = GatewayEvents['fieldsFailed'];
type FieldError = FieldErrors['errors'][number];

/** Per answer. Services choose codes, so there may be one per error. */
const linesMax = 10;
const pathsMax = 5;

/** @param isRedacted Withholds messages of services. */
export function logFieldFailures(
  logger: Logger,
  isRedacted: boolean,
  { requestId, errors }: FieldErrors,
): void {
  const loggable = isRedacted ? errors.map(redact) : errors;
  const byKind = Map.groupBy(loggable, ({ code, service }) => JSON.stringify([code, service]));
  const groups = [...byKind.values()];
  for (const group of groups.slice(0, linesMax)) logGroup(logger, requestId, group);
  const rest = groups.slice(linesMax).flat();
  if (rest.length > 0) logger.warn({ requestId, fields: rest.length }, 'more fields failed');
}

/** A denied field is not a failure of the system, so it is no warning. */
function logGroup(logger: Logger, requestId: string, group: readonly FieldError[]): void {
  const first = group[0] as FieldError;
  const { code, message, service } = first;
  const paths = group.slice(0, pathsMax).map(({ path }) => path?.join('.') ?? '');
  const line = { requestId, code, message, service, fields: group.length, paths, cause: causeOf(first) };
  if (code === 'FORBIDDEN') logger.info(line, 'fields denied');
  else logger.warn(line, 'field failed');
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

/** Whether the error or one of its causes repeats a text of a service, such as the status of a gRPC call. */
function isFromService(cause: unknown): boolean {
  let error = cause;
  for (let depth = 0; error instanceof Error && depth < causesMax; depth += 1) {
    if (noteOf(error).isServiceText) return true;
    error = error.cause;
  }
  return false;
}

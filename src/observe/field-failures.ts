/** The errors of one answer as log lines: one for all that failed alike, however many fields a client asked for. */

import type { Logger } from 'pino';

import { isCodeName, noteOf } from '../shared/errors.ts';
import type { GatewayEvents } from '../shared/events.ts';
import { causesMax, describe, reasonOf } from './reasons.ts';

type FieldErrors = GatewayEvents['fieldsFailed'];
type FieldError = FieldErrors['errors'][number];

/** Of one answer. Backends choose codes, so there may be as many as errors. */
const linesMax = 10;
const pathsMax = 5;

/** @param isRedacted Backends' words are withheld. */
export function logFieldFailures(
  logger: Logger,
  isRedacted: boolean,
  { requestId, errors }: FieldErrors,
): void {
  const shown = isRedacted ? errors.map(withoutWords) : errors;
  const alike = Map.groupBy(shown, ({ code, service }) => JSON.stringify([code, service]));
  const groups = [...alike.values()];
  for (const group of groups.slice(0, linesMax)) logGroup(logger, requestId, group);
  const rest = groups.slice(linesMax).flat();
  if (rest.length > 0) logger.warn({ requestId, fields: rest.length }, 'more fields failed');
}

/** Who is denied has done no harm: such a line is no warning. */
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

/** Without what a backend said: it may be anything that a client sent it. */
function withoutWords(error: FieldError): FieldError {
  const { cause } = error;
  const isSaid = repeatsBackend(cause);
  const known = isSaid ? { ...error, cause: undefined } : error;
  // A failure inside a resolver, or of the call itself, is told in our words.
  const isOurs = cause instanceof Error && !isSaid && !noteOf(cause).isRemark;
  if (!error.fromBackend || isOurs) return known;
  return { ...known, message: 'withheld', code: isCodeName(error.code) ? error.code : 'SERVICE_ERROR' };
}

/** Or what is behind it does: a call's refusal, or the status of a gRPC call. */
function repeatsBackend(cause: unknown): boolean {
  let one = cause;
  for (let depth = 0; one instanceof Error && depth < causesMax; depth += 1) {
    if (noteOf(one).isServiceText) return true;
    one = one.cause;
  }
  return false;
}

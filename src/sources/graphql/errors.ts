/**
 * The `errors` of a GraphQL response, as far as they are as the specification has them: what of one is odd is left out
 * and said in its `cause`, and neither the data nor the other errors suffer. Pure.
 *
 * @see https://spec.graphql.org/September2025/#sec-Errors
 */

import type { CauseNote } from '../../shared/errors.ts';
import { kindOf } from '../../shared/kind-of.ts';
import { isRecord } from '../../shared/records.ts';
import type { SubgraphError } from '../source.ts';

/** In our words, while the message of the error that it is about may be the service's. Logged, never sent. */
export class MalformedError extends Error implements CauseNote {
  readonly isRemark = true;
  override readonly name = 'MalformedError';
}

/** Of one answer; the last of so many says how many more there are. */
const errorsMax = 1000;
/** Longer paths fit no operation: the guard allows far less depth. */
const pathLengthMax = 1000;

/** @param value Whatever stands in the place of the list. */
export function subgraphErrors(service: string, value: unknown): SubgraphError[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value))
    return [subgraphError(service, value, [`errors is ${kindOf(value)}, not a list`])];
  const read = value.slice(0, errorsMax).map((error: unknown) => subgraphError(service, error, []));
  if (read.length < value.length) {
    const message = `${value.length - errorsMax + 1} more errors are not listed`;
    read[errorsMax - 1] = { message, extensions: { code: 'TOO_MANY_ERRORS' } };
  }
  return read;
}

/** What it says of itself, and nothing that only the gateway says: which service failed, and what was behind it. */
function subgraphError(service: string, value: unknown, flaws: string[]): SubgraphError {
  const nameless = `${service} answered with an error`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    if (flaws.length === 0) flaws.push(`it is ${kindOf(value)}, not an object`);
    const message = typeof value === 'string' && value !== '' ? value : nameless;
    return withCause({ message, extensions: {} }, flaws);
  }
  const { message, path, extensions } = value as Record<string, unknown>;
  if (typeof message !== 'string') flaws.push(`its message is ${kindOf(message)}`);
  const isPathSound = path === undefined || path === null || isPath(path);
  if (!isPathSound) flaws.push(`its path is ${kindOf(path)} and leads nowhere`);
  const isSound = extensions === undefined || extensions === null || isRecord(extensions);
  if (!isSound) flaws.push(`its extensions are ${kindOf(extensions)}`);
  const { service: _, ...own } = isRecord(extensions) ? extensions : {};
  return withCause(
    {
      message: typeof message === 'string' ? message : nameless,
      ...(isPath(path) ? { path } : {}),
      extensions: own,
    },
    flaws,
  );
}

function withCause(error: SubgraphError, flaws: readonly string[]): SubgraphError {
  if (flaws.length === 0) return error;
  const cause = new MalformedError(`not an error as GraphQL has it: ${flaws.join('; ')}`);
  return Object.defineProperty(error, 'cause', { value: cause, enumerable: false });
}

function isPath(path: unknown): path is Array<string | number> {
  return (
    Array.isArray(path) &&
    path.length <= pathLengthMax &&
    path.every((step) => typeof step === 'string' || typeof step === 'number')
  );
}

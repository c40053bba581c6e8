/**
 * Logs parts of bodies, for debugging: only fields of an allow-list, of some requests, off the path of the request. They
 * are parsed again after the response was handed to the connection, one in each turn of the event loop.
 */

import type { Logger } from 'pino';

import type { BodiesConfig } from '../../config/gateway/log.ts';
import { cutText } from '../../shared/cut-text.ts';
import { parseJson } from '../../shared/exact-json.ts';
import type { Events, GatewayEvents } from '../../shared/events.ts';
import type { OperationOutline, ShapeOutline } from '../../shared/operation-events.ts';
import { own, isRecord } from '../../shared/records.ts';
import { allowedFields, allowedPart, type AllowedFields } from './allowed-fields.ts';
import { whileEnabled } from './levels.ts';
import { LineBudget } from './line-budget.ts';

/** Waiting to be parsed. */
const waitingMax = 20;
/** A longer body is not parsed, because that would hold up requests. */
const parsedBytesMax = 262_144;

type AnswerSent = GatewayEvents['answerSent'];

const shapesKey = Symbol('shapes of the answer');

export interface BodyLines {
  flush(): void;
}

/**
 * @param random Of 0 to 1: chooses the sample.
 * @returns What is not logged yet.
 */
export function logBodies(
  events: Events,
  logger: Logger,
  { config, random }: { readonly config: BodiesConfig; readonly random: () => number },
): BodyLines {
  const lines = new LineBudget(config.linesPerSecondMax, (leftOut) =>
    logger.info({ lines: leftOut.lines }, 'lines of bodies left out'),
  );
  const allowed = allowedFields(config.fields);
  const isChosen = chosenBy(config, random);
  const waiting: AnswerSent[] = [];
  const logNext = (): void => {
    const sent = waiting.shift();
    if (sent) logger.info(lineOf(sent, allowed, config.bytesMax), 'bodies');
  };
  whileEnabled(logger, 'info', () => [
    events.on('operationPrepared', ({ locals, operation }) => locals.set(shapesKey, operation.projection)),
    events.on('answerSent', (sent) => {
      if (!isChosen(sent)) return;
      if (waiting.length >= waitingMax) lines.leaveOut('');
      else if (lines.take('')) {
        waiting.push(sent);
        setImmediate(logNext);
      }
    }),
  ]);
  return {
    flush() {
      while (waiting.length > 0) logNext();
      lines.flush();
    },
  };
}

function chosenBy(
  { clients, operations, samplePercent }: BodiesConfig,
  random: () => number,
): (sent: AnswerSent) => boolean {
  const clientNames = new Set<string | null>(clients);
  const operationNames = new Set<string | null>(operations);
  return ({ client, operationName }) =>
    (clientNames.size === 0 || clientNames.has(client)) &&
    (operationNames.size === 0 || operationNames.has(operationName)) &&
    random() * 100 < samplePercent;
}

function lineOf(sent: AnswerSent, allowed: AllowedFields, bytesMax: number): Record<string, unknown> {
  const { requestId, client, operationName, locals, text } = sent;
  const { shapes } = (locals.get(shapesKey) as OperationOutline['projection'] | undefined) ?? {};
  const sentBytes = Buffer.byteLength(text);
  return {
    requestId,
    client,
    operationName,
    receivedBytes: sent.body?.length ?? 0,
    received: bounded(partOfRequest(receivedIn(sent), allowed), bytesMax),
    sentBytes,
    sent: bounded(
      partOfAnswer(sentBytes > parsedBytesMax ? undefined : parsed(text), allowed, shapes),
      bytesMax,
    ),
  };
}

/** A request by GET has its parts in the query of its URL. */
function receivedIn({ body, url }: AnswerSent): unknown {
  if (body) return body.length > parsedBytesMax ? undefined : parsed(body.toString());
  const search = new URLSearchParams(url.split('?', 2)[1] ?? '');
  return {
    query: search.get('query'),
    operationName: search.get('operationName'),
    variables: parsed(search.get('variables') ?? 'null'),
  };
}

/** @returns Undefined: not JSON, or nested too deeply. */
function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function partOfRequest(request: unknown, allowed: AllowedFields): unknown {
  return partOf(request, allowed, ['query', 'operationName', 'variables']);
}

function partOfAnswer(
  answer: unknown,
  allowed: AllowedFields,
  shapes: readonly ShapeOutline[] | undefined,
): unknown {
  const errors = partOf(answer, allowed, ['errors']);
  const allowedData = allowed.below.get('data');
  // Without its shapes, as that of another request that it shares, nothing tells aliases from fields.
  if (!allowedData || !shapes || !isRecord(answer)) return errors;
  const data = allowedPart(own(answer, 'data') ?? null, allowedData, { all: shapes, numbers: [0] });
  return { ...errors, data };
}

/** The members of these names, as far as they are allowed. */
function partOf(
  body: unknown,
  { below }: AllowedFields,
  names: readonly string[],
): Record<string, unknown> | undefined {
  if (!isRecord(body)) return undefined;
  const part: Record<string, unknown> = {};
  for (const name of names) {
    const allowed = below.get(name);
    const value = allowed && allowedPart(own(body, name) ?? null, allowed, null);
    if (value !== undefined && value !== null) part[name] = value;
  }
  return part;
}

/** As text, cut, where it is too long. */
function bounded(part: unknown, bytesMax: number): unknown {
  const text = JSON.stringify(part) as string | undefined;
  if (text === undefined || Buffer.byteLength(text) <= bytesMax) return part;
  // In UTF-8, a character has up to 3 bytes for each UTF-16 unit.
  return cutText(text, Math.floor(bytesMax / 3));
}

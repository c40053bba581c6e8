/**
 * Fetches of entities that become ready in the same turn of the event loop share a call: one query with an alias of
 * `_entities` for each of them. None waits for another that is not ready yet.
 *
 * What is around it (stale answers, the executor) sees each fetch with an answer of its own. What is within it (sharing,
 * retries, the breaker, the transport) sees one call: a client that shared only one of its fetches would have to wait for
 * those that another client chose to ask with it.
 */

import type { NumberPaths } from '../../pipeline/prepared.ts';
import type { RequestContext } from '../../pipeline/request.ts';
import { isGatewayError } from '../../shared/errors.ts';
import { bodyHead } from '../../shared/graphql-body.ts';
import { isBudgetSpent } from '../failures.ts';
import type {
  JoinableOperation,
  JoinableRequest,
  Subgraph,
  SubgraphError,
  SubgraphOperation,
  SubgraphRequest,
  SubgraphResponse,
} from '../source.ts';

/** Aliases in one query. */
export const joinedFetchesMax = 20;
/** Representations in one body: services bound what they read, some at 100 kB. One fetch alone may have more. */
export const joinedCharsMax = 65_536;

type Fetch = Subgraph['fetch'];

interface JoinedFetch {
  readonly request: SubgraphRequest;
  readonly joinable: JoinableRequest;
  readonly resolve: (response: SubgraphResponse | Promise<SubgraphResponse>) => void;
  readonly reject: (error: unknown) => void;
}

export function joinCalls(send: Fetch): Fetch {
  const waiting = new Map<object, JoinedFetch[]>();
  const joinedOperationOf = operationCache();

  function dispatch(execution: object): void {
    const fetches = waiting.get(execution) ?? [];
    waiting.delete(execution);
    for (const call of inCalls(fetches)) {
      const [first, ...others] = call;
      if (!first) continue;
      if (others.length === 0) first.resolve(send(first.request));
      else sendJoined(call, first);
    }
  }

  function sendJoined(call: readonly JoinedFetch[], first: JoinedFetch): void {
    const { trace } = first.request.context;
    for (const { request } of call) if (request !== first.request) request.context.trace.span?.link(trace);
    const joined = joinedOperationOf(call.map(({ request }) => request.operation));
    send(joinedRequest(joined, call, first.request.context)).then(
      (response) => {
        for (const [index, { request, resolve }] of call.entries()) {
          // One fetch may have taken the data of the others with it: `_entities` is not nullable.
          const isSpoilt =
            !response.data && !response.errors?.some((error) => indexAt(error, call) === index);
          resolve(isSpoilt ? send(request) : partOf(response, index, call));
        }
      },
      (error: unknown) => {
        if (isForWhole(error)) for (const { reject } of call) reject(error);
        else for (const { request, resolve } of call) resolve(send(request));
      },
    );
  }

  return (request) => {
    const { joinable } = request;
    if (!joinable) return send(request);
    const { execution } = joinable;
    return new Promise((resolve, reject) => {
      const fetch: JoinedFetch = { request, joinable, resolve, reject };
      const fetches = waiting.get(execution);
      if (fetches) {
        fetches.push(fetch);
        return;
      }
      waiting.set(execution, [fetch]);
      // After all microtasks: whatever the last answer made ready has been added by then.
      process.nextTick(dispatch, execution);
    });
  };
}

/** Whether a call failed for reasons that its fetches would meet by themselves, too. */
function isForWhole(error: unknown): boolean {
  if (!isGatewayError(error) || isBudgetSpent(error)) return true;
  return error.code !== 'SERVICE_ERROR' && error.code !== 'SERVICE_BAD_RESPONSE';
}

function inCalls(fetches: readonly JoinedFetch[]): JoinedFetch[][] {
  const calls: JoinedFetch[][] = [];
  let chars = 0;
  for (const fetch of fetches) {
    const { length } = fetch.joinable.representations;
    const call = calls.at(-1);
    chars += length;
    if (call && call.length < joinedFetchesMax && chars <= joinedCharsMax) {
      call.push(fetch);
    } else {
      calls.push([fetch]);
      chars = length;
    }
  }
  return calls;
}

// The question

interface JoinedOperation {
  readonly parts: readonly SubgraphOperation[];
  readonly operation: SubgraphOperation;
  readonly bodyHead: string;
  /** Names of the variables with representations. */
  readonly representations: readonly string[];
  /** For each part, which of its variables no part before it has. */
  readonly added: ReadonlyArray<readonly number[]>;
}

/** Most fetches meet the same others in every execution: keeps the last text for each that was the first of several. */
function operationCache(): (parts: readonly SubgraphOperation[]) => JoinedOperation {
  const joinedByFirst = new WeakMap<SubgraphOperation, JoinedOperation>();
  return (parts) => {
    const [first] = parts as [SubgraphOperation];
    const known = joinedByFirst.get(first);
    if (known?.parts.length === parts.length && known.parts.every((part, index) => part === parts[index]))
      return known;
    const joined = joinedOperation(parts, first);
    joinedByFirst.set(first, joined);
    return joined;
  };
}

function joinedOperation(parts: readonly SubgraphOperation[], first: SubgraphOperation): JoinedOperation {
  const names = new Set<string>();
  const definitions: string[] = [];
  const added = parts.map(({ joinable }) =>
    (joinable as JoinableOperation).variables.flatMap(({ name, definition }, index) => {
      if (names.has(name)) return [];
      names.add(name);
      definitions.push(definition);
      return [index];
    }),
  );
  const representations = parts.map((_, index) => unusedName(`representations${index}`, names));
  const fields = parts.map(({ joinable }, index) => {
    definitions.push(`$${representations[index]}:[_Any!]!`);
    return `${aliasOf(index)}:_entities(representations:$${representations[index]})${joinable?.selections}`;
  });
  const query = `query ${first.name ?? ''}(${definitions.join(',')}){${fields.join(' ')}}`;
  const numbers = parts.flatMap((part, index) => numbersAt(aliasOf(index), part));
  const operation: SubgraphOperation = {
    service: first.service,
    kind: 'query',
    name: first.name,
    query,
    ...(numbers.length > 0 ? { numbers } : {}),
  };
  return { parts, operation, bodyHead: bodyHead(query, first.name), representations, added };
}

function aliasOf(index: number): string {
  return `_${index}`;
}

function unusedName(wanted: string, names: ReadonlySet<string>): string {
  return names.has(wanted) ? unusedName(`_${wanted}`, names) : wanted;
}

function numbersAt(alias: string, { numbers = [] }: SubgraphOperation): NumberPaths {
  return numbers.map(([, below]) => [alias, below] as const);
}

function joinedRequest(
  { operation, bodyHead: head, representations, added }: JoinedOperation,
  call: readonly JoinedFetch[],
  context: RequestContext,
): SubgraphRequest {
  const members: string[] = [];
  for (const [index, { joinable }] of call.entries()) {
    for (const variable of added[index] ?? []) {
      const member = joinable.members[variable];
      if (member) members.push(member);
    }
    members.push(`"${representations[index]}":${joinable.representations}`);
  }
  const variablesJson = `{${members.join(',')}}`;
  return { operation, variablesJson, body: `${head}${variablesJson}}`, context };
}

// The answer

/** As if the fetch had been sent by itself. */
function partOf(
  { data, errors = [], ...rest }: SubgraphResponse,
  index: number,
  parts: readonly unknown[],
): SubgraphResponse {
  const alias = aliasOf(index);
  const ownErrors = errors.flatMap((error) => {
    const at = indexAt(error, parts);
    return at === index ? [withinPart(error)] : at === undefined ? [error] : [];
  });
  return {
    ...rest,
    data: data ? { _entities: data[alias] } : null,
    ...(ownErrors.length > 0 ? { errors: ownErrors } : {}),
  };
}

/** Of the fetch that an error is about; undefined: it may be about any of them. */
function indexAt({ path }: SubgraphError, parts: readonly unknown[]): number | undefined {
  const index = parts.findIndex((_, at) => aliasOf(at) === path?.[0]);
  return index === -1 ? undefined : index;
}

function withinPart({ message, path = [], extensions, cause }: SubgraphError): SubgraphError {
  const error = {
    message,
    path: ['_entities', ...path.slice(1)],
    ...(extensions ? { extensions } : {}),
  };
  return cause === undefined ? error : Object.defineProperty(error, 'cause', { value: cause });
}

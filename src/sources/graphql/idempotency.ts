/** Which mutations of a GraphQL service may be sent again, because the service answers a key once however often it comes. */

import { randomUUID } from 'node:crypto';

import { Kind, parse } from 'graphql';

import type { ServiceHeaders } from '../../config/gateway/transport.ts';
import type { RequestContext } from '../../pipeline/request.ts';
import { headerRules, noHeaderRules, type SentHeaders } from '../headers/request-header-rules.ts';
import { mapIn } from '../resolvers/loader.ts';
import type { SubgraphOperation, SubgraphRequest } from '../source.ts';

/** The key that every try of one call sends; null: it has none, and is sent once. */
export type KeyOf = (request: SubgraphRequest) => string | null;

/**
 * @param fields Coordinates such as `Mutation.pay`; an operation needs all of its fields among them.
 * @param headers Which headers of the client the service gets, and under which names.
 */
export function idempotencyKeys(fields: readonly string[], headers: ServiceHeaders = noHeaderRules): KeyOf {
  if (fields.length === 0) return () => null;
  // A value that is the same for all is no key.
  const rules = headerRules({ ...headers, insert: {} });
  const names = new Set(fields.map((field) => field.slice(field.indexOf('.') + 1)));
  const known = new WeakMap<SubgraphOperation, boolean>();
  return ({ operation, context }) => {
    if (operation.kind !== 'mutation') return null;
    const { planned = operation } = operation;
    let isCovered = known.get(planned);
    if (isCovered === undefined) known.set(planned, (isCovered = isCoveredBy(names, planned.query)));
    const sent: SentHeaders = {};
    rules(context, sent);
    const own = sent[headerName]?.trim() ?? '';
    // The service gets the client's with changes that are not listed, too.
    const key = own === '' ? null : nextKey(own, operation.service, context);
    return isCovered ? (key ?? randomUUID()) : null;
  };
}

/** Under this a request keeps how many changes each service was sent under the client's key. */
const sentKey = Symbol('changes under the key of the client');

/**
 * The client's own holds over its tries as well. It names one change to a service: those that follow in the same request
 * get keys that follow from it, which are the same in each try, as mutations run one after another.
 */
function nextKey(own: string, service: string, { locals }: RequestContext): string {
  const sent = mapIn(locals, sentKey);
  const before = (sent.get(service) as number | undefined) ?? 0;
  sent.set(service, before + 1);
  return before === 0 ? own : `${own}:${before}`;
}

const headerName = 'idempotency-key';

function isCoveredBy(names: ReadonlySet<string>, query: string): boolean {
  return parse(query, { noLocation: true }).definitions.every(
    (definition) =>
      definition.kind === Kind.OPERATION_DEFINITION &&
      definition.selectionSet.selections.every(
        (selection) => selection.kind === Kind.FIELD && names.has(selection.name.value),
      ),
  );
}

/** What resolvers ask a REST service. Types only. */

import type { RequestContext } from '../../pipeline/request.ts';
import type { Batching, Loader } from '../resolvers/loader.ts';
import type { RecordReader } from '../resolvers/record-reader.ts';
import type { ListStyle, PathValues } from './path.ts';

export interface RestCall extends PathValues {
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RestSearch extends RestCall {
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface RestChange extends RestSearch {
  /** The service does the same change under the same key once only, however often it is asked. */
  readonly idempotencyKey?: string;
}

export interface RestSource {
  readonly name: string;
  readonly batching: Batching;
  /**
   * @returns The parsed body, not checked further; null for 404 and for an empty body.
   * @throws {GatewayError} As `Subgraph.fetch`, `SERVICE_ERROR` for other statuses from 400, and `BAD_USER_INPUT` for
   *   values that cannot be part of a path or header.
   */
  get(template: string, call: RestCall, context: RequestContext): Promise<unknown>;
  /** A POST that only asks, as searches do: a query for the policies, and 404 is null. Nothing is kept. */
  search(template: string, call: RestSearch, context: RequestContext): Promise<unknown>;
  /** The request's loader over a bulk endpoint, made on first use. */
  loader<Value>(
    endpoint: BulkEndpoint<Value>,
    context: RequestContext,
    options?: BulkOptions<Value>,
  ): Loader<string, Value>;
  /** As `get`, but 404 is `SERVICE_ERROR`. */
  post(template: string, call: RestChange, context: RequestContext): Promise<unknown>;
  put(template: string, call: RestChange, context: RequestContext): Promise<unknown>;
  patch(template: string, call: RestChange, context: RequestContext): Promise<unknown>;
  delete(template: string, call: RestChange, context: RequestContext): Promise<unknown>;
}

/** A constant: loaders of one request are told apart by it. */
export interface BulkEndpoint<Value> {
  /** In events. */
  readonly name: string;
  readonly path: string;
  /** The parameter in which the ids are sent, or the field of a JSON body that is posted. */
  readonly ids: { readonly query: string } | { readonly body: string };
  /** How ids are sent in a parameter: `ids=1,2`, or `ids=1&ids=2`. Default `comma`. */
  readonly lists?: ListStyle;
  /** The field of a record that holds its id, where the answer is a list. Default `id`. */
  readonly idField?: string;
  /** Where in the answer the list, or the object by id, is: `items`, `data.items`. Default: the answer is that. */
  readonly select?: string;
  /** A record with this field is the error of its id alone. Default `error`. */
  readonly errorField?: string;
  /** Others do not exist, and are not asked for. Default: all. */
  readonly askable?: (id: string) => boolean;
  readonly read: (record: RecordReader) => Value;
}

export interface BulkOptions<Value> {
  /** Besides the ids. Loads with different values are never answered from one another. */
  readonly call?: RestCall;
  /** Told of every value, such as to note it in another loader. That of the first use in a request holds. */
  readonly found?: (value: Value) => void;
}

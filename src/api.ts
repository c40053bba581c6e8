/**
 * What modules of users import from `@tributary-gateway/tributary`: to define subgraphs, kinds of sources and policies,
 * and to call services from resolvers. docs/how-to/ shows each in use.
 */

export type {
  Permissions,
  Policy,
  PolicyContext,
  PolicyRule,
  PolicyTools,
} from './authz/policy/policy-module.ts';
export type { RequestContext } from './pipeline/request.ts';
export type { Principal } from './pipeline/principal.ts';
export type { ResolveLabels } from './plan/labels.ts';
export {
  defineSources,
  defineSubgraph,
  type SubgraphContext,
  type SubgraphDefinition,
} from './services/define.ts';
export type { CallKind } from './resilience/call.ts';
export { Cancellation } from './shared/cancellation.ts';
export { GatewayError } from './shared/errors.ts';
export {
  defineSource,
  type AnswerTools,
  type SourceCall,
  type SourceDefinition,
  type SourceSend,
  type SourceToOpen,
} from './sources/custom/custom-source.ts';
export { badResponse } from './sources/failures.ts';
export type { HttpResponse } from './sources/http/exchange.ts';
export type { GraphqlSource } from './sources/graphql/graphql-source.ts';
export type { GrpcSource } from './sources/grpc/grpc-source.ts';
export { loaderOf, type Loader } from './sources/resolvers/loader.ts';
export { RecordReader, recordsOf } from './sources/resolvers/record-reader.ts';
export type { BulkEndpoint, RestSource } from './sources/rest/rest-client.ts';

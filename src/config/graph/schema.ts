/** The shape of schemas/graph.yaml: which subgraphs and sources exist and how each is reached. */

import { z } from 'zod';

import { isAddress } from '../../shared/addresses.ts';
import { discoveryKind, hasExplicitPort, plainUrl } from '../../shared/service-url.ts';
import { restMapping } from './rest-mapping.ts';
import { serviceHeaders, serviceTls, serviceTransport } from '../gateway/transport.ts';
import { filePath } from '../yaml/file-path.ts';

const timeoutMsDefault = 5000;
/** Longer than that of sources, so that one slow source fails its own fields and not the whole fetch. */
const localTimeoutMsDefault = 10_000;

const name = z
  .string()
  .regex(
    /^[a-z][a-z0-9_-]{0,62}$/,
    'expected a name of lower-case letters, digits, "-" and "_", letter first',
  );
const owner = z.string().min(1);
const timeoutMs = z.number().int().min(1).max(60_000).default(timeoutMsDefault);
const localTimeoutMs = z.number().int().min(1).max(60_000).default(localTimeoutMsDefault);
const httpUrl = z.string().refine(isHttpUrl, 'expected an address such as http://127.0.0.1:4101/graphql');
const grpcUrl = z.string().refine(isGrpcUrl, 'expected an address such as grpc://127.0.0.1:4121');

/** Replicas of one service, each optionally with its zone. */
const urlsOf = (url: z.ZodString) =>
  z
    .array(z.union([url, z.strictObject({ url, zone: z.string().min(1).max(64).optional() })]))
    .min(1)
    .max(64);
/** Either `url` or `urls`. */
const addresses = { url: httpUrl.optional(), urls: urlsOf(httpUrl).optional() };
const grpcAddresses = { url: grpcUrl.optional(), urls: urlsOf(grpcUrl).optional() };

/** How an HTTP or gRPC service is reached, where that differs from gateway.yaml. */
const connectionOptions = {
  transport: serviceTransport.prefault({}),
  headers: serviceHeaders.optional(),
  tls: serviceTls.optional(),
};

/** The cache of a REST service's responses, as its headers allow. 0 entries: no caching. */
const cache = z
  .strictObject({
    entriesMax: z.int().min(0).max(1_000_000).default(1000),
    bytesMax: z.int().min(1).max(1_073_741_824).default(16_777_216),
  })
  .prefault({});

const graphqlSubgraph = z.strictObject({
  kind: z.literal('graphql'),
  ...addresses,
  schema: filePath,
  owner,
  timeoutMs,
  ...connectionOptions,
});

const localSubgraph = z.strictObject({
  kind: z.literal('local'),
  schema: filePath,
  /** Or `rest`, or both for different fields. */
  resolvers: filePath.optional(),
  rest: restMapping.optional(),
  sources: z.array(z.string()).max(64).default([]),
  owner,
  timeoutMs: localTimeoutMs,
});

const restSource = z.strictObject({
  kind: z.literal('rest'),
  ...addresses,
  timeoutMs,
  cache,
  ...connectionOptions,
});
const graphqlSource = z.strictObject({
  kind: z.literal('graphql'),
  ...addresses,
  timeoutMs,
  ...connectionOptions,
});
const grpcSource = z.strictObject({
  kind: z.literal('grpc'),
  ...grpcAddresses,
  proto: filePath,
  /** Folders from which proto files import, as with `-I` of protoc. */
  includeDirs: z.array(filePath).max(64).default([]),
  service: z.string().min(1),
  timeoutMs,
  ...connectionOptions,
});

const customSource = z.strictObject({
  kind: z.literal('custom'),
  /** Exports `source` made by `defineSource`. */
  module: filePath,
  url: httpUrl,
  timeoutMs,
  /** The module checks them. */
  options: z.record(z.string(), z.unknown()).default({}),
  ...connectionOptions,
});

const source = z.discriminatedUnion('kind', [restSource, grpcSource, graphqlSource, customSource]);

export const graphFileSchema = z.strictObject({
  subgraphs: z.record(name, z.discriminatedUnion('kind', [graphqlSubgraph, localSubgraph])),
  sources: z.record(name, source).default({}),
});

export type GraphFile = z.output<typeof graphFileSchema>;

function isHttpUrl(text: string): boolean {
  const discovery = discoveryKind(text);
  const url = URL.parse(discovery === 'fixed' ? text : plainUrl(text));
  // IP addresses need no DNS, and SRV records hold the port.
  if (discovery !== 'fixed' && (!url || isAddress(url.hostname))) return false;
  if (discovery === 'services' && hasExplicitPort(text)) return false;
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return false;
  // Credentials belong in a header, where they cannot end up in a log; a fragment is never sent.
  return url.username === '' && url.password === '' && url.hash === '' && url.hostname !== '';
}

function isGrpcUrl(text: string): boolean {
  const address = /^(dns\+|srv\+)?grpcs?:\/\/(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/.exec(text);
  if (!address || !URL.canParse(text)) return false;
  const [, discovery, host = '', port] = address;
  if (discovery === undefined) return port !== undefined;
  // IP addresses need no DNS, and SRV records hold the port.
  return !isAddress(host) && !(discovery === 'srv+' && port !== undefined);
}

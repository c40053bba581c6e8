/**
 * How services are reached: connections, sizes, addresses, TLS and headers. gateway.yaml holds the defaults under
 * `transport`, graph.yaml what differs for one service.
 */

import { z } from 'zod';

import { isAddress } from '../../shared/addresses.ts';
import { isHeaderValue } from '../../shared/header-values.ts';
import { isOriginPattern } from '../../shared/origins.ts';
import { filePath } from '../yaml/file-path.ts';
import { debugHeader } from './debug.ts';

const milliseconds = z.int().min(1).max(600_000);
const bytes = z.int().min(1).max(1_073_741_824);
const encodings = ['gzip', 'br', 'zstd'] as const;

const limits = {
  /** Connections per origin of a service. */
  connections: z.int().min(1).max(16),
  /** HTTP/2 where the service offers it over TLS. */
  http2: z.boolean(),
  /** Requests sent on one connection before the first of them is answered. */
  pipelining: z.int().min(1).max(64),
  /** How long an idle connection is kept unless the service says otherwise. */
  keepAliveMs: milliseconds,
  connectTimeoutMs: milliseconds,
  /** Calls in flight or waiting for a connection; one more is refused. */
  callsMax: z.int().min(1).max(1_000_000),
  /** A response, decompressed. */
  responseBytesMax: bytes,
  /** A compressed response, as received. */
  compressedBytesMax: bytes,
  /** Accepted encodings of responses, most preferred first. */
  acceptEncodings: z.array(z.enum(encodings)).max(encodings.length).readonly(),
  /** Request bodies from this size on are sent as gzip. 0: never. */
  compressFromBytes: z.int().min(0).max(1_073_741_824),
  /** Addresses of this machine. */
  allowLoopback: z.boolean(),
  /** Addresses of private networks. Link-local and metadata addresses are never allowed. */
  allowPrivate: z.boolean(),
};

export type TransportLimits = {
  readonly [Name in keyof typeof limits]: z.output<(typeof limits)[Name]>;
};

export const transportDefaults: TransportLimits = {
  connections: 16,
  http2: false,
  pipelining: 1,
  keepAliveMs: 4000,
  connectTimeoutMs: 2000,
  callsMax: 2048,
  responseBytesMax: 10 * 1024 * 1024,
  compressedBytesMax: 10 * 1024 * 1024,
  acceptEncodings: [],
  compressFromBytes: 0,
  allowLoopback: true,
  allowPrivate: true,
};

/** `transport` of one service in graph.yaml. */
export const serviceTransport = z.strictObject(limits).partial();

export type PartialTransport = Readonly<z.output<typeof serviceTransport>>;

/** For each option, the last layer that sets it counts. */
export function mergedTransport(...layers: readonly PartialTransport[]): TransportLimits {
  const options = layers.flatMap((layer) =>
    Object.entries(layer).filter(([name, value]) => name in transportDefaults && value !== undefined),
  );
  return { ...transportDefaults, ...(Object.fromEntries(options) as Partial<TransportLimits>) };
}

/** How DNS is asked about services with several addresses behind one name. */
const dns = z.strictObject({
  /** DNS servers, such as `127.0.0.1:8600`. None: those of the system. */
  servers: z
    .array(z.string().refine(isAddress, 'expected an address such as 10.0.0.53:53'))
    .max(8)
    .default([]),
  timeoutMs: milliseconds.max(30_000).default(2000),
  /** Records with a shorter TTL are cached this long. */
  ttlMinMs: milliseconds.min(100).default(1000),
  ttlMaxMs: milliseconds.min(100).default(300_000),
  /** Addresses used of one name; more are ignored. */
  addressesMax: z.int().min(1).max(1000).default(64),
});

export type DnsOptions = Readonly<z.output<typeof dns>>;

export const dnsDefaults: DnsOptions = dns.parse({});

/** `transport` of gateway.yaml. */
export const gatewayTransport = serviceTransport.extend({
  /** Responses of all services to one client request together, each without its first 64 KiB. */
  operationBytesMax: bytes.default(64 * 1024 * 1024),
  dns: dns.optional(),
  /** Such as `https://api.example.com` or `http://*.svc.local:*`. Absent: every origin in the graph. */
  allowedOrigins: z
    .array(z.string().refine(isOriginPattern, 'expected an origin such as https://*.example.com:8443'))
    .optional(),
});

const headerName = z
  .string()
  .regex(/^[a-z0-9!#$%&'*+.^_`|~-]+$/, 'expected a header name in lower case')
  .refine((name) => !hopByHopHeaders.has(name), 'expected a header that may be sent on');
const headerValue = z
  .string()
  .refine(isHeaderValue, 'expected a header value: one line of Latin-1 without spaces around it');

/** Headers of one connection or one body, or for the gateway alone: never forwarded, whatever a rule says. */
export const hopByHopHeaders: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  debugHeader,
]);

/** `headers` of one service in graph.yaml. */
export const serviceHeaders = z.strictObject({
  /** Client headers to forward to this service, besides `headers.forward` of gateway.yaml. */
  forward: z.array(headerName).max(64).default([]),
  /** Headers not to forward to this service. */
  remove: z.array(headerName).max(64).default([]),
  /** Headers forwarded under another name. */
  rename: z.record(headerName, headerName).default({}),
  /** Sent with each call; overrides headers of the client. */
  insert: z.record(headerName, headerValue).default({}),
  /** Headers of its responses that are passed to the client. */
  respond: z.array(headerName).max(64).default([]),
});

export type ServiceHeaders = Readonly<z.output<typeof serviceHeaders>>;

/** `tls` of one service in graph.yaml; files in PEM. */
export const serviceTls = z
  .strictObject({
    /** The authority of the service's certificate. Absent: the authorities that Node trusts. */
    ca: filePath.optional(),
    /** The client certificate of this gateway. */
    cert: filePath.optional(),
    key: filePath.optional(),
    /** The name the service's certificate must have. Default: the host of its address. */
    servername: z.string().min(1).optional(),
  })
  .refine(
    (tls) => (tls.cert === undefined) === (tls.key === undefined),
    'expected "cert" and "key" together',
  );

/** The same, with the content of the files. */
export type TlsMaterial = Readonly<z.output<typeof serviceTls>>;

/** The transport options of one service. */
export interface ServiceTransport extends TransportLimits {
  readonly headers?: ServiceHeaders;
  readonly tls?: TlsMaterial;
}

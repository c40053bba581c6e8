/**
 * How services are reached: connections, sizes, addresses, TLS and headers. gateway.yaml holds the defaults under
 * `transport`, graph.yaml what differs for one service.
 */

import { z } from 'zod';

import { isAddress } from '../../shared/addresses.ts';
import { isHeaderValue } from '../../shared/header-values.ts';
import { isOriginPattern } from '../../shared/origins.ts';
import { filePath } from '../yaml/file-path.ts';

const milliseconds = z.int().min(1).max(600_000);
const bytes = z.int().min(1).max(1_073_741_824);
const encodings = ['gzip', 'br', 'zstd'] as const;

const limits = {
  /** Connections a service's origin. */
  connections: z.int().min(1).max(16),
  /** HTTP/2 where the service offers it over TLS. */
  http2: z.boolean(),
  /** Requests sent on one connection before the first of them is answered. */
  pipelining: z.int().min(1).max(64),
  /** How long an idle connection is kept unless the service says otherwise. */
  keepAliveMs: milliseconds,
  connectTimeoutMs: milliseconds,
  /** Calls under way or waiting for a connection; one more is refused. */
  callsMax: z.int().min(1).max(1_000_000),
  /** An answer, unpacked. */
  responseBytesMax: bytes,
  /** An answer as it comes over the wire, where it is compressed. */
  compressedBytesMax: bytes,
  /** Compressed answers that are asked for, best first. */
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

/** The last one that says something counts. */
export function mergedTransport(...layers: readonly PartialTransport[]): TransportLimits {
  const said = layers.flatMap((layer) =>
    Object.entries(layer).filter(([name, value]) => name in transportDefaults && value !== undefined),
  );
  return { ...transportDefaults, ...(Object.fromEntries(said) as Partial<TransportLimits>) };
}

/** How DNS is asked about services with several addresses behind one name. */
const dns = z.strictObject({
  /** Who is asked, such as `127.0.0.1:8600`. None: those of the system. */
  servers: z
    .array(z.string().refine(isAddress, 'expected an address such as 10.0.0.53:53'))
    .max(8)
    .default([]),
  timeoutMs: milliseconds.max(30_000).default(2000),
  /** Records that say less are kept so long. */
  ttlMinMs: milliseconds.min(100).default(1000),
  ttlMaxMs: milliseconds.min(100).default(300_000),
  /** Of one name; more are left out. */
  addressesMax: z.int().min(1).max(1000).default(64),
});

export type DnsOptions = Readonly<z.output<typeof dns>>;

export const dnsDefaults: DnsOptions = dns.parse({});

/** `transport` of gateway.yaml. */
export const gatewayTransport = serviceTransport.extend({
  /** Answers of all services to one client request together, each without its first 64 KiB. */
  operationBytesMax: bytes.default(64 * 1024 * 1024),
  dns: dns.optional(),
  /** Such as `https://api.example.com` or `http://*.svc.local:*`. Absent: whatever the graph names. */
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

/** Headers that belong to one connection or one body: never sent on, whatever a rule says. */
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
]);

/** `headers` of one service in graph.yaml. */
export const serviceHeaders = z.strictObject({
  /** The client's headers this service gets besides those of gateway.yaml's `headers.forward`. */
  forward: z.array(headerName).max(64).default([]),
  /** Of those it would get, the ones it does not. */
  remove: z.array(headerName).max(64).default([]),
  /** Sent under another name. */
  rename: z.record(headerName, headerName).default({}),
  /** Sent with each call; goes before what the client sent. */
  insert: z.record(headerName, headerValue).default({}),
  /** Headers of its answers that the client gets. */
  respond: z.array(headerName).max(64).default([]),
});

export type ServiceHeaders = Readonly<z.output<typeof serviceHeaders>>;

/** `tls` of one service in graph.yaml; files in PEM. */
export const serviceTls = z
  .strictObject({
    /** Who signs the service's certificate. Absent: the authorities Node knows. */
    ca: filePath.optional(),
    /** What this gateway shows of itself. */
    cert: filePath.optional(),
    key: filePath.optional(),
    /** The name the service's certificate must have. Default: the host of its address. */
    servername: z.string().min(1).optional(),
  })
  .refine(
    (tls) => (tls.cert === undefined) === (tls.key === undefined),
    'expected "cert" and "key" together',
  );

/** The same with the text of the files. */
export type TlsMaterial = Readonly<z.output<typeof serviceTls>>;

/** What the transport knows of one service. */
export interface ServiceTransport extends TransportLimits {
  readonly headers?: ServiceHeaders;
  readonly tls?: TlsMaterial;
}

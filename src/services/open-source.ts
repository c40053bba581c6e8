/** Opens the sources of graph.yaml: the kinds that are built in, and those of modules. */

import type { CustomSourceConfig, SourceConfig } from '../config/graph/file.ts';
import { errorText } from '../shared/error-text.ts';
import { GatewayError } from '../shared/errors.ts';
import type { MutationCounter } from '../shared/mutation-counter.ts';
import { type Backend, backendOf } from '../sources/backend.ts';
import { type SourceDefinition, sourceToOpen } from '../sources/custom/custom-source.ts';
import { createGraphqlSource } from '../sources/graphql/graphql-source.ts';
import type { HttpTransport } from '../sources/http/transport.ts';
import { createRestSource } from '../sources/rest/rest-source.ts';
import type { Leases } from './backends.ts';
import type { SourceKind } from './define.ts';
import { importExport } from './import-export.ts';
import { type ServiceSettings, transportOf } from './service-settings.ts';

export interface OpenSource {
  readonly name: string;
  readonly kind: SourceKind;
  /** The client of that kind; which, `define.ts` says in types. */
  readonly client: object;
  close(): Promise<void>;
}

export interface SourceParts {
  readonly http: HttpTransport;
  readonly leases: Leases;
  readonly settings: ServiceSettings;
  readonly mutations: MutationCounter;
}

export async function openSource(
  config: SourceConfig,
  { http, leases, settings, mutations }: SourceParts,
): Promise<OpenSource> {
  const { name } = config;
  const service = leases.use(config);
  if (config.kind === 'grpc') {
    // Only a graph with such a source loads the packages for it.
    const { createGrpcSource } = await import('../sources/grpc/grpc-source.ts');
    const client = await createGrpcSource({ ...config, transport: transportOf(config, settings) }, service);
    return { name, kind: 'grpc', client, close: () => client.close() };
  }
  const backend = backendOf(service, http, transportOf(config, settings));
  const opened =
    config.kind === 'custom' ? await openCustom(config, backend) : openHttp(config, backend, mutations);
  // The pool of an HTTP source belongs to the transport.
  return { name, ...opened, close: () => Promise.resolve() };
}

type Opened = Pick<OpenSource, 'kind' | 'client'>;

function openHttp(
  config: Exclude<SourceConfig, { readonly kind: 'grpc' | 'custom' }>,
  backend: Backend,
  mutations: MutationCounter,
): Opened {
  const { name, headers } = config;
  if (config.kind === 'graphql') return { kind: 'graphql', client: createGraphqlSource(backend, headers) };
  const options = {
    cache: config.cache,
    changes: mutations.changesOf(name),
    ...(headers ? { headers } : {}),
  };
  return { kind: 'rest', client: createRestSource(backend, options) };
}

/** @throws {GatewayError} `CONFIG_INVALID` where the module has no kind of source, or that refuses its options. */
async function openCustom(config: CustomSourceConfig, backend: Backend): Promise<Opened> {
  const { name, modulePath } = config;
  try {
    const kind = await importExport(modulePath, {
      name: 'source',
      madeBy: 'defineSource',
      isOne: isDefinition,
    });
    const client: unknown = kind.open(sourceToOpen(backend, config));
    if (typeof client === 'object' && client !== null) return { kind, client };
    throw new Error(`${modulePath} opened no client: "open" must return an object`);
  } catch (cause) {
    const reason = errorText(cause);
    throw new GatewayError('CONFIG_INVALID', `source ${name}: ${reason}`, { cause });
  }
}

function isDefinition(value: unknown): value is SourceDefinition {
  return typeof value === 'object' && value !== null && 'open' in value && typeof value.open === 'function';
}

/** What gateway.yaml says of all services, put together with what graph.yaml says of one, and checked against it. */

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { GraphConfig, GraphqlSubgraphConfig, SourceConfig } from '../config/graph/file.ts';
import { mergedTransport, type ServiceHeaders, type ServiceTransport } from '../config/gateway/transport.ts';
import { checkHost } from '../shared/addresses.ts';
import { errorText } from '../shared/error-text.ts';
import { GatewayError } from '../shared/errors.ts';
import { isAllowedOrigin } from '../shared/origins.ts';
import { plainUrl } from '../shared/service-url.ts';
import { countedCacheControl } from '../sources/headers/answer-header-rules.ts';
import { noHeaderRules } from '../sources/headers/request-header-rules.ts';

/** The parts of gateway.yaml that services depend on. */
export type ServiceSettings = Pick<GatewayConfig, 'transport' | 'headers' | 'auth'>;

type Service = GraphqlSubgraphConfig | SourceConfig;

export function transportOf(
  { transport, headers, tls }: Pick<Service, 'transport' | 'headers' | 'tls'>,
  settings: ServiceSettings,
): ServiceTransport {
  return {
    ...mergedTransport(settings.transport, transport),
    ...(headers ? { headers } : {}),
    ...(tls ? { tls } : {}),
  };
}

/** @throws {GatewayError} `CONFIG_INVALID` with a line for each service that gateway.yaml does not allow. */
export function checkServices(graph: GraphConfig, settings: ServiceSettings): void {
  const services: Service[] = [
    ...graph.subgraphs.filter((subgraph) => subgraph.kind === 'graphql'),
    ...graph.sources,
  ];
  const mistakes = services.flatMap((service) => {
    const urls = 'replicas' in service ? service.replicas.map(({ url }) => url) : [service.url];
    return [
      ...urls.map((url) => addressMistake(url, transportOf(service, settings), settings)),
      headerMistake(service.headers, settings),
    ]
      .filter((mistake) => mistake !== undefined)
      .map((mistake) => `${service.name}: ${mistake}`);
  });
  if (mistakes.length > 0) throw new GatewayError('CONFIG_INVALID', mistakes.join('\n'));
}

/** Where the `cache-control` of one service reaches clients, that of every other counts too: none may loosen it. */
export function withCountedCacheControl(graph: GraphConfig): GraphConfig {
  const isSent = ({ headers }: Pick<Service, 'headers'>): boolean =>
    headers?.respond.includes('cache-control') ?? false;
  const services = [...graph.subgraphs.filter((subgraph) => subgraph.kind === 'graphql'), ...graph.sources];
  if (!services.some(isSent)) return graph;
  const counted = <Each extends Service>(service: Each): Each => {
    const { headers = noHeaderRules } = service;
    if (isSent(service)) return service;
    return { ...service, headers: { ...headers, respond: [...headers.respond, countedCacheControl] } };
  };
  return {
    ...graph,
    subgraphs: graph.subgraphs.map((subgraph) =>
      subgraph.kind === 'graphql' ? counted(subgraph) : subgraph,
    ),
    sources: graph.sources.map(counted),
  };
}

/** Why calls may not go to this address; a name is checked again whenever it is resolved. */
export function addressMistake(
  given: string,
  transport: ServiceTransport,
  { transport: { allowedOrigins } }: ServiceSettings,
): string | undefined {
  const url = plainUrl(given);
  if (!isAllowedOrigin(url, allowedOrigins)) {
    return `its address ${given} is not among "transport.allowedOrigins" of gateway.yaml`;
  }
  try {
    checkHost(new URL(url.replace(/^grpcs?:/, 'http:')).hostname, transport);
    return undefined;
  } catch (error) {
    return `its address may not be called: ${errorText(error)}`;
  }
}

function headerMistake(headers: ServiceHeaders | undefined, settings: ServiceSettings): string | undefined {
  const { forward, perService } = settings.headers;
  const unknown = headers?.forward.find((name) => !forward.includes(name) && !perService.includes(name));
  if (unknown === undefined) return undefined;
  return `it may get header "${unknown}" only where "headers.perService" of gateway.yaml names it`;
}

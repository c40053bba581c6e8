/** A gateway before services whose headers a test says, for what it tells caches. */

import { afterAll, onTestFinished } from 'vitest';

import { type RunningGateway, start } from '../../src/assembly/start.ts';
import { signed, type SigningKey, signingKey } from '../auth/support/provider.ts';
import { startStandIn, type Answer } from '../sources/support/stand-in.ts';
import { lastingFolder } from '../support/folder.ts';

export type Headers = Readonly<Record<string, string | string[]>>;

type Services = Readonly<Record<string, Headers>>;

export interface CachingOptions {
  readonly front?: 'direct' | 'apollo';
  /** What each service says of its answers. */
  readonly services?: Services;
  /** Below `headers` of each service in graph.yaml. Default: `respond: [cache-control]`. */
  readonly rules?: Readonly<Record<string, string>>;
  /** Lines of gateway.yaml. */
  readonly settings?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
}

export interface CachingGateway {
  readonly gateway: RunningGateway;
  /** Of the test's issuer; ada may see what is guarded, others not. */
  readonly tokenFor: (subject: string) => Promise<string>;
  /** How often each service was asked. */
  readonly calls: Map<string, number>;
}

interface OpenGateway extends CachingGateway {
  readonly close: () => Promise<void>;
}

const issuer = 'https://login.example.com/';
export const kept: Headers = { 'cache-control': 'public, max-age=60' };
let keys: Promise<SigningKey> | undefined;

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12",
  import: ["@requiresScopes", "@authenticated", "@override", "@shareable"])\n`;

/** Each service of name n: what anybody may see, what needs a scope, what is masked, and what it knows of the user. */
const schemaOf = (name: string): string => `${link}
type Query {
  ${name}: String
  ${name}Guarded: String @requiresScopes(scopes: [["see"]])
  ${name}Masked: String
  ${name}User: String
  ${name}Broken: String
}
type Mutation { ${name}Change: String }`;

const policy = `export function policy({ rule, allow, masked }) {
  const staff = rule('staff', { cache: 'contextual' })((_, __, { principal }) => principal.subject === 'ada');
  return { fallbackRule: allow, permissions: { Query: { aMasked: masked(staff, () => 'hidden') } } };
}`;

/** Call it within a test. */
export async function cachingGateway(options: CachingOptions = {}): Promise<CachingGateway> {
  const { services = { a: kept }, ...others } = options;
  const { close, ...opened } = await open(others, Object.keys(services), () => services);
  onTestFinished(close);
  return opened;
}

/**
 * The same for tests that follow one another: where only what services `a`, `b` and `c` say differs, they ask one
 * gateway. Call it outside of tests.
 */
export function cachingGateways(): (options?: CachingOptions) => Promise<CachingGateway> {
  const running = new Map<string, Promise<OpenGateway>>();
  let said: Services = {};
  afterAll(async () => {
    for (const one of await Promise.all(running.values())) await one.close();
  });
  return async ({ services = { a: kept }, ...others } = {}) => {
    said = services;
    const key = JSON.stringify(others);
    const one = running.get(key) ?? open(others, ['a', 'b', 'c'], () => said);
    running.set(key, one);
    (await one).calls.clear();
    return one;
  };
}

async function open(
  { front = 'direct', rules = {}, settings = [], files = {} }: Omit<CachingOptions, 'services'>,
  names: readonly string[],
  said: () => Services,
): Promise<OpenGateway> {
  const key = await (keys ??= signingKey('ES256', 'one'));
  const calls = new Map<string, number>();
  const graph: string[] = ['subgraphs:'];
  const schemas: Record<string, string> = {};
  const closing: Array<() => Promise<void>> = [];
  for (const name of names) {
    const service = await startStandIn(serviceOf(name, () => said()[name] ?? {}, calls));
    closing.push(service.close);
    schemas[`${name}.graphql`] = schemaOf(name);
    const rule = rules[name] ?? 'respond: [cache-control]';
    graph.push(
      `  ${name}: { kind: graphql, url: '${service.url}', schema: ${name}.graphql, owner: t, headers: { ${rule} } }`,
    );
  }
  const issuers = [{ issuer, audience: 'shop', algorithms: ['ES256'], keys: [key.jwk] }];
  const folder = await lastingFolder({
    ...schemas,
    'policy.mjs': policy,
    'graph.yaml': graph.join('\n'),
    'gateway.yaml': [
      `front: ${front}`,
      `auth: { jwt: { issuers: ${JSON.stringify(issuers)} } }`,
      'authorization: { policy: policy.mjs }',
      ...settings,
    ].join('\n'),
    ...files,
  });
  closing.push(folder.remove);
  const gateway = await start({
    graphPath: `${folder.path}/graph.yaml`,
    configPath: `${folder.path}/gateway.yaml`,
    port: 0,
    logLevel: 'silent',
  });
  closing.push(() => gateway.close());
  return {
    gateway,
    calls,
    tokenFor: (subject) =>
      signed(key, issuer, { claims: { sub: subject, scope: subject === 'ada' ? 'see' : '' } }),
    close: async () => {
      for (const close of closing.toReversed()) await close();
    },
  };
}

function serviceOf(name: string, headers: () => Headers, calls: Map<string, number>): Answer {
  return (request, response) => {
    calls.set(name, (calls.get(name) ?? 0) + 1);
    const { query } = JSON.parse(request.body) as { query: string };
    if (query.includes(`${name}Broken`)) {
      response.writeHead(500).end();
      return;
    }
    const user = String(request.headers['x-user-id'] ?? 'nobody');
    const values: Record<string, string> = {
      [name]: `open ${name} of ${String(request.headers['x-tenant'] ?? 'no tenant')}`,
      [`${name}Guarded`]: `guarded ${name}`,
      [`${name}Masked`]: `masked ${name}`,
      [`${name}User`]: `user ${user}`,
      [`${name}Change`]: 'changed',
    };
    const asked = Object.entries(values).filter(([field]) => new RegExp(`\\b${field}\\b`).test(query));
    response
      .writeHead(200, { 'content-type': 'application/json', ...headers() })
      .end(JSON.stringify({ data: Object.fromEntries(asked) }));
  };
}

/** A gateway before the guarded graph, with a policy, tokens of its own issuer, and an audit file. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { patient } from '../../support/patient.ts';
import { type RunningGateway, start } from '../../../src/assembly/start.ts';
import type { AuthorizationRecord } from '../../../src/shared/authorization-record.ts';
import { send, type GraphqlReply } from '../../support/ask.ts';
import { folderWith } from '../../support/folder.ts';
import { type GuardedGraph, policyModule, serveGuardedGraph } from '../guarded-graph.ts';
import { signed, type SigningKey, signingKey } from './provider.ts';

export const issuer = 'https://login.example.com/';

export interface GuardedOptions {
  /** Of gateway.yaml, besides what it has anyway. */
  readonly settings?: string;
  /** Below `authorization`, as one line of YAML each. */
  readonly authorization?: readonly string[];
  /** Below `audit`. */
  readonly audit?: readonly string[];
  /** Default: `audit.jsonl`. */
  readonly auditFile?: string;
  /** Text of the policy module. */
  readonly policy?: string;
  /** Instead of the guarded graph. */
  readonly serve?: () => Promise<GuardedGraph>;
}

export interface Asked {
  /** Of a token; none: nobody asks. */
  readonly claims?: Readonly<Record<string, unknown>> | null;
  readonly method?: 'POST' | 'GET';
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface GuardedFiles {
  readonly graph: GuardedGraph;
  /** Holds supergraph.graphql, policy.mjs, gateway.yaml and, once something was decided, audit.jsonl. */
  readonly folder: string;
  readonly supergraph: string;
  readonly configPath: string;
  tokenFor(claims: Readonly<Record<string, unknown>>): Promise<string>;
  /** Asks a gateway that runs with these files. */
  ask(url: string, query: string, asked?: Asked): Promise<GraphqlReply>;
  /** What the audit file has by now. */
  written(): Promise<AuthorizationRecord[]>;
}

export interface GuardedGateway extends GuardedFiles {
  readonly gateway: RunningGateway;
  query(query: string, asked?: Asked): Promise<GraphqlReply>;
  close(): Promise<void>;
  /** Of the whole run: closes the gateway. */
  records(): Promise<AuthorizationRecord[]>;
}

let keys: Promise<SigningKey> | undefined;

/** Call it within a test. */
export async function guardedFiles(options: GuardedOptions = {}): Promise<GuardedFiles> {
  const { settings = '', authorization = [], audit = [], policy = policyModule } = options;
  const { auditFile = 'audit.jsonl', serve = serveGuardedGraph } = options;
  const key = await (keys ??= signingKey('ES256', 'one'));
  const graph = await serve();
  onTestFinished(() => graph.close());
  const issuers = [{ issuer, audience: 'shop', algorithms: ['ES256'], keys: [key.jwk] }];
  const folder = await folderWith({
    'supergraph.graphql': graph.supergraphSdl,
    'policy.mjs': policy,
    'gateway.yaml': [
      `front: ${process.env.TEST_FRONT ?? 'direct'}`,
      `auth: { jwt: { issuers: ${JSON.stringify(issuers)} } }`,
      `authorization: { ${['policy: policy.mjs', ...authorization].join(', ')} }`,
      `audit: { ${[`file: ${auditFile}`, 'allowSample: 1', ...audit].join(', ')} }`,
      settings.includes('admission:') ? '' : patient,
      settings,
    ].join('\n'),
  });
  const tokens = new Map<string, Promise<string>>();
  const tokenFor: GuardedFiles['tokenFor'] = (claims) => {
    const text = JSON.stringify(claims);
    const token = tokens.get(text) ?? signed(key, issuer, { claims });
    tokens.set(text, token);
    return token;
  };
  return {
    graph,
    folder,
    supergraph: join(folder, 'supergraph.graphql'),
    configPath: join(folder, 'gateway.yaml'),
    tokenFor,
    async ask(
      url,
      query,
      { claims = null, method = 'POST', variables, operationName, headers: more = {} } = {},
    ) {
      const headers = {
        'content-type': 'application/json',
        ...(claims ? { authorization: `Bearer ${await tokenFor(claims)}` } : {}),
        ...more,
      };
      if (method === 'POST')
        return send(url, { method, headers, body: JSON.stringify({ query, operationName, variables }) });
      const parameters = new URLSearchParams({ query });
      if (variables) parameters.set('variables', JSON.stringify(variables));
      return send(`${url}?${parameters.toString()}`, { method, headers });
    },
    written: () => readRecords(join(folder, 'audit.jsonl')),
  };
}

/** Call it within a test. */
export async function guardedGateway(options: GuardedOptions = {}): Promise<GuardedGateway> {
  const files = await guardedFiles(options);
  const { supergraph, configPath } = files;
  const gateway = await start({ supergraph, configPath, port: 0, logLevel: 'silent' });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= gateway.close());
  onTestFinished(close);
  return {
    ...files,
    gateway,
    query: (query, asked) => files.ask(gateway.url, query, asked),
    close,
    async records() {
      await close();
      return files.written();
    },
  };
}

export async function readRecords(file: string): Promise<AuthorizationRecord[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuthorizationRecord);
}

/** `tributary explain-auth`: which rule or directive authorizes each field of an operation, and why. */

import { readFile } from 'node:fs/promises';

import { refusalCode } from '../authz/authorization-refused.ts';
import type { Explanation } from '../authz/explain.ts';
import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { anyClient, type Client } from '../pipeline/client.ts';
import type { Principal } from '../pipeline/principal.ts';
import { GatewayError, isGatewayError } from '../shared/errors.ts';
import { CommandFailed, exitCodes, readFlags, flagText, UsageError } from './arguments.ts';
import type { Command, FlagValues } from './arguments.ts';
import { clientsBeside, graphDefault, readClientNamed } from './client-arguments.ts';
import type { Explainer } from './explainer.ts';
import { explanationText } from './explanation-text.ts';
import { isRecord } from '../shared/records.ts';

const fileBytesMax = 1_048_576;

export const explainAuth: Command = {
  summary: 'explain which fields of an operation a user may see, by which rule, and why',
  help: `Usage: tributary explain-auth --operation FILE --as CLAIMS [options]

Prints which rule or directive decides about each field of an operation, and why, using the gateway's own authorization
code. No service is called: for a decision that depends on data, the fields that it reads are named.

  --operation FILE        a GraphQL document
  --as FILE|anonymous     claims of an access token as JSON, such as {"sub":"ada","roles":["admin"]}; unsigned
  --variables FILE        values of the operation's variables as JSON
  --operation-name NAME   the operation to explain, if the document has several
  --graph FILE            the subgraphs and sources to compose (default: ${graphDefault})
  --supergraph FILE|URL   an already composed supergraph
  --config FILE           gateway.yaml, for its issuers (what claims mean) and its access policy
  --client NAME           the client that sends the operation: its contract hides part of the graph (default: none)
  --clients FOLDER        with a folder for each client (default: that of --config, or clients beside graph.yaml)
  --json                  print JSON
  --help                  print this help

Exit codes: 0 explained, allowed or not; 1 invalid operation, claims or configuration; 2 usage error.`,

  async run(args) {
    const flags = readFlags(args, {
      operation: { type: 'string' },
      as: { type: 'string' },
      variables: { type: 'string' },
      'operation-name': { type: 'string' },
      graph: { type: 'string' },
      supergraph: { type: 'string' },
      config: { type: 'string' },
      client: { type: 'string' },
      clients: { type: 'string' },
      json: { type: 'boolean' },
    });
    const operationFile = flagText(flags.operation);
    const as = flagText(flags.as);
    if (operationFile === undefined) throw new UsageError('--operation FILE is missing');
    if (as === undefined) throw new UsageError('--as CLAIMS is missing: a file, or "anonymous"');
    const graph = flagText(flags.graph);
    const supergraph = flagText(flags.supergraph);
    if (graph !== undefined && supergraph !== undefined) {
      throw new UsageError('--graph and --supergraph exclude each other');
    }
    const query = await readText(operationFile);
    const variablesFile = flagText(flags.variables);
    const variables = variablesFile === undefined ? {} : await readObject(variablesFile);
    const claims =
      as === 'anonymous' ? null : await readObject(as, ': --as is a file of claims, or "anonymous"');
    const configPath = flagText(flags.config);
    const graphLocation = supergraph === undefined ? { graphPath: graph ?? graphDefault } : { supergraph };
    const request = {
      query,
      variables,
      operationName: flagText(flags['operation-name']) ?? null,
      extensions: null,
    };
    const { openExplainer } = await import('./explainer.ts');
    const explainer = await openExplainer({
      ...graphLocation,
      ...(configPath === undefined ? {} : { configPath }),
    });
    try {
      const principal = principalFrom(explainer, claims, as);
      const client = await readClient(flags, explainer.config);
      const explanation = await explainer.explain(request, { principal, client }).catch((error: unknown) => {
        throw refusal(error, operationFile, client);
      });
      const isJson = flags.json === true;
      print(explanation, { principal, client, config: explainer.config, configPath, isJson });
      return exitCodes.ok;
    } finally {
      await explainer.close();
    }
  },
};

function principalFrom(
  explainer: Explainer,
  claims: Readonly<Record<string, unknown>> | null,
  file: string,
): Principal {
  try {
    return explainer.principalOf(claims);
  } catch (error) {
    throw withFile(file, error);
  }
}

/** @throws If there is no such client, or its client.yaml is invalid. */
async function readClient(flags: FlagValues, { clients }: GatewayConfig): Promise<Client> {
  const name = flagText(flags['client']);
  const folder = flagText(flags['clients']);
  if (name === undefined) {
    if (folder !== undefined) throw new UsageError('--clients needs --client NAME');
    return anyClient;
  }
  const beside = clientsBeside(flagText(flags['graph']) ?? graphDefault);
  const { tier, contract } = await readClientNamed(name, folder ?? clients?.folder ?? beside);
  return { ...anyClient, name, tier, contract };
}

/** With the place of a mistake in the operation, and how to find out what a client does not see. */
function refusal(error: unknown, file: string, { name }: Client): unknown {
  if (!isGatewayError(error) || startupCodes.has(error.code)) return error;
  if (error.code === 'CONTRACT_INVALID')
    return new CommandFailed(
      `the contract of client "${name}" does not hold: tributary contract ${name} says why`,
    );
  const placed = withFile(file, error);
  if (name === null || error.code !== 'GRAPHQL_VALIDATION_FAILED' || !isGatewayError(placed)) return placed;
  const hint = `client ${name} sees part of the graph: tributary contract ${name} --explain Type.field says why`;
  return new GatewayError(error.code, `${placed.message}\n${hint}`, { cause: error });
}

interface PrintOptions {
  readonly principal: Principal;
  readonly client: Client;
  readonly config: GatewayConfig;
  readonly configPath: string | undefined;
  readonly isJson: boolean;
}

function print(explanation: Explanation, options: PrintOptions): void {
  const { principal, config, configPath, isJson } = options;
  const { subject, client, tier, roles, scopes, provenBy, issuer } = principal;
  const identity = { subject, client, tier, roles, scopes, provenBy, issuer };
  const notes = [
    ...(configPath === undefined ? ['no --config, so no access policy: only schema directives decide.'] : []),
    ...clientNotes(options),
    ...notesOn(explanation, principal, config),
  ];
  if (isJson)
    console.log(JSON.stringify({ principal: identity, notes, fields: explanation.fields }, null, 2));
  else console.log(explanationText(explanation.fields, principal, notes));
}

function clientNotes({ client: { name }, config }: PrintOptions): string[] {
  if (name !== null)
    return [`the operation is prepared for client ${name}, as its contract lets it see the graph.`];
  return config.clients ? ['no --client, so the whole graph: clients see the part of their contract.'] : [];
}

/** What the gateway would do that the table does not show. */
function notesOn({ fields, isDryRun }: Explanation, principal: Principal, config: GatewayConfig): string[] {
  const { authorization, auth } = config;
  const denied = fields.flatMap(({ outcome, code }) => (outcome === 'denied' ? (code ?? []) : []));
  const { validUntilMs, provenBy } = principal;
  return [
    ...(isDryRun ? ['authorization.dryRun is set: decisions are audited, and no field is withheld.'] : []),
    ...(denied.length > 0 && !isDryRun && authorization.unauthorized === 'reject'
      ? [`authorization.unauthorized is "reject": the whole request is refused with ${refusalCode(denied)}.`]
      : []),
    ...(provenBy === 'jwt' && !auth?.jwt
      ? ['auth.jwt is not configured: the gateway accepts no access tokens; every request is anonymous.']
      : []),
    ...(provenBy === 'none' && auth?.onMissing === 'reject'
      ? ['auth.onMissing is "reject": the gateway refuses anonymous requests with UNAUTHENTICATED.']
      : []),
    ...(validUntilMs !== null && validUntilMs < Date.now()
      ? [`These claims expired at ${new Date(validUntilMs).toISOString()}: the gateway refuses such a token.`]
      : []),
  ];
}

/** Errors in the graph or the configuration, whose messages name their own file. */
const startupCodes: ReadonlySet<string> = new Set([
  'CONFIG_INVALID',
  'COMPOSITION_FAILED',
  'SUPERGRAPH_INVALID',
]);

/** Puts the file name, and the position if there is one, before each message. */
function withFile(file: string, error: unknown): unknown {
  if (!isGatewayError(error) || error.code === 'INTERNAL_ERROR') return error;
  const lines = error.errors.map(({ message, locations: [location] = [] }) =>
    location ? `${file}:${location.line}:${location.column} ${message}` : `${file}: ${message}`,
  );
  return new GatewayError(error.code, lines.join('\n'), { cause: error });
}

/** @param hint Ends the message if the file cannot be read. */
async function readText(file: string, hint = ''): Promise<string> {
  const content = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new GatewayError(
      'CONFIG_INVALID',
      `${file} cannot be read (${error.code ?? error.message})${hint}`,
    );
  });
  if (content.length <= fileBytesMax) return content;
  throw new GatewayError('CONFIG_INVALID', `${file} has more than ${fileBytesMax} characters`);
}

async function readObject(file: string, hint = ''): Promise<Record<string, unknown>> {
  const content = await readText(file, hint);
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (cause) {
    throw new GatewayError('CONFIG_INVALID', `${file} is not JSON: ${(cause as Error).message}`);
  }
  if (isRecord(value)) return value;
  throw new GatewayError('CONFIG_INVALID', `${file} must hold a JSON object`);
}

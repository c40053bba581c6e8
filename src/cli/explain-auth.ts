/** `tributary explain-auth`: which rule or directive decides about each field of an operation, and why. */

import { readFile } from 'node:fs/promises';

import { refusalCode } from '../authz/authorization-refused.ts';
import type { Explanation } from '../authz/explain.ts';
import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { Principal } from '../pipeline/principal.ts';
import { GatewayError, isGatewayError } from '../shared/errors.ts';
import { exitCodes, readFlags, text, UsageError, type Command } from './arguments.ts';
import type { Explainer } from './explainer.ts';
import { explanationText } from './explanation-text.ts';
import { isRecord } from '../shared/records.ts';

const graphDefault = 'schemas/graph.yaml';
const fileBytesMax = 1_048_576;

export const explainAuth: Command = {
  summary: 'say who may see what of an operation, by which rule, and why',
  help: `Usage: tributary explain-auth --operation FILE --as CLAIMS [options]

Says for each field of an operation which rule or directive decides about it and why, by the code that decides in the
gateway. Nothing is fetched: what depends on the data is named with the fields that are looked at.

  --operation FILE        a GraphQL document
  --as FILE|anonymous     claims of a token as JSON, such as {"sub":"ada","roles":["admin"]}; nobody signs them
  --variables FILE        values of the operation's variables as JSON
  --operation-name NAME   which operation, where the document has several
  --graph FILE            the subgraphs and sources to compose (default: ${graphDefault})
  --supergraph FILE|URL   a supergraph that is composed already
  --config FILE           gateway.yaml: its issuers say what claims mean, its policy who may see what
  --json                  print JSON
  --help                  print this

Exit codes: 0 explained, whatever was decided; 1 an operation, claims or a configuration that is wrong; 2 wrong use.`,

  async run(args) {
    const flags = readFlags(args, {
      operation: { type: 'string' },
      as: { type: 'string' },
      variables: { type: 'string' },
      'operation-name': { type: 'string' },
      graph: { type: 'string' },
      supergraph: { type: 'string' },
      config: { type: 'string' },
      json: { type: 'boolean' },
    });
    const operationFile = text(flags.operation);
    const as = text(flags.as);
    if (operationFile === undefined) throw new UsageError('--operation FILE is missing');
    if (as === undefined) throw new UsageError('--as CLAIMS is missing: a file, or "anonymous"');
    const graph = text(flags.graph);
    const supergraph = text(flags.supergraph);
    if (graph !== undefined && supergraph !== undefined) {
      throw new UsageError('--graph and --supergraph exclude each other');
    }
    const query = await readText(operationFile);
    const variablesFile = text(flags.variables);
    const variables = variablesFile === undefined ? {} : await readObject(variablesFile);
    const claims =
      as === 'anonymous' ? null : await readObject(as, ': --as is a file of claims, or "anonymous"');
    const configPath = text(flags.config);
    const place = supergraph === undefined ? { graphPath: graph ?? graphDefault } : { supergraph };
    const request = {
      query,
      variables,
      operationName: text(flags['operation-name']) ?? null,
      extensions: null,
    };
    const { openExplainer } = await import('./explainer.ts');
    const explainer = await openExplainer({ ...place, ...(configPath === undefined ? {} : { configPath }) });
    try {
      const principal = principalFrom(explainer, claims, as);
      const explanation = await explainer.explain(request, principal).catch((error: unknown) => {
        throw isGatewayError(error) && ofOtherFiles.has(error.code) ? error : inFile(operationFile, error);
      });
      const isJson = flags.json === true;
      print(explanation, { principal, config: explainer.config, configPath, isJson });
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
    throw inFile(file, error);
  }
}

interface Printed {
  readonly principal: Principal;
  readonly config: GatewayConfig;
  readonly configPath: string | undefined;
  readonly isJson: boolean;
}

function print(explanation: Explanation, { principal, config, configPath, isJson }: Printed): void {
  const { subject, client, tier, roles, scopes, provenBy, issuer } = principal;
  const who = { subject, client, tier, roles, scopes, provenBy, issuer };
  const notes = [
    ...(configPath === undefined ? ['no --config, so no policy: only directives of the schema decide.'] : []),
    ...notesOn(explanation, principal, config),
  ];
  if (isJson) console.log(JSON.stringify({ principal: who, notes, fields: explanation.fields }, null, 2));
  else console.log(explanationText(explanation.fields, principal, notes));
}

/** What the table does not say of what the gateway would do. */
function notesOn({ fields, isDryRun }: Explanation, principal: Principal, config: GatewayConfig): string[] {
  const { authorization, auth } = config;
  const denied = fields.flatMap(({ outcome, code }) => (outcome === 'denied' ? (code ?? []) : []));
  const { validUntilMs, provenBy } = principal;
  return [
    ...(isDryRun
      ? ['authorization.dryRun: all of this is decided and written down, and nothing kept back.']
      : []),
    ...(denied.length > 0 && !isDryRun && authorization.unauthorized === 'reject'
      ? [
          `authorization.unauthorized is "reject": the request as a whole is refused with ${refusalCode(denied)}.`,
        ]
      : []),
    ...(provenBy === 'jwt' && !auth?.jwt
      ? ['auth.jwt is not configured: the gateway accepts no tokens, and takes every request as anonymous.']
      : []),
    ...(provenBy === 'none' && auth?.onMissing === 'reject'
      ? ['auth.onMissing is "reject": the gateway refuses every request of nobody with UNAUTHENTICATED.']
      : []),
    ...(validUntilMs !== null && validUntilMs < Date.now()
      ? [`These claims held until ${new Date(validUntilMs).toISOString()}: the gateway refuses such a token.`]
      : []),
  ];
}

/** Wrong with the graph or the configuration: these errors name their own file. */
const ofOtherFiles: ReadonlySet<string> = new Set([
  'CONFIG_INVALID',
  'COMPOSITION_FAILED',
  'SUPERGRAPH_INVALID',
]);

/** Puts the file before each thing that is wrong with it. */
function inFile(file: string, error: unknown): unknown {
  if (!isGatewayError(error) || error.code === 'INTERNAL_ERROR') return error;
  const lines = error.errors.map(({ message, locations: [at] = [] }) =>
    at ? `${file}:${at.line}:${at.column} ${message}` : `${file}: ${message}`,
  );
  return new GatewayError(error.code, lines.join('\n'), { cause: error });
}

/** @param hint For where it cannot be read. */
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

/** A graph in which nobody may ask for the mail of others, or for much: rules that look at arguments only. */

import { hostileSchemaNames } from '../../support/hostile-names.ts';
import { serveGraph, type GuardedGraph } from '../guarded-graph.ts';

const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  type Query {
    mail(owner: String, filter: Filter, any: JSON, owners: [String]): String
    few(filter: Filter): String
    open(filter: Filter, any: JSON): String
  }
  scalar JSON
  input Filter { owner: String limit: Int inner: Filter ${hostileSchemaNames.map((name) => `${name}: String`).join(' ')} }`;

interface Args {
  readonly owner?: string | null;
  readonly filter?: { readonly owner?: string | null; readonly limit?: number | null } | null;
  readonly any?: unknown;
  readonly owners?: ReadonlyArray<string | null> | null;
}

function ownersOf({ owner, filter, any, owners }: Args): unknown[] {
  const inAny = typeof any === 'object' && any !== null && Object.hasOwn(any, 'owner') ? any : {};
  const asked = [owner, filter?.owner, (inAny as { owner?: unknown }).owner, ...(owners ?? [])];
  return asked.filter((one) => one !== null && one !== undefined);
}

export function serveMailbox(): Promise<GuardedGraph> {
  const resolvers = {
    Query: {
      mail: (_: unknown, args: Args) => {
        const owners = ownersOf(args);
        return owners.length === 0 ? 'no mail' : `canary of ${owners.join()}`;
      },
      few: (_: unknown, { filter }: Args) => (Number(filter?.limit ?? 0) > 10 ? 'canary of many' : 'few'),
      open: () => 'open',
    },
  };
  return serveGraph({ mail: { sdl, resolvers } });
}

export const mailboxPolicy = `export const policy = ({ rule, inputRule, allow }) => {
  const own = rule('own mail', { cache: 'strict' })((_, { owner, filter, any, owners }, { principal }) =>
    [owner, filter?.owner, any?.owner, ...(owners ?? [])].every(
      (one) => one === null || one === undefined || one === principal.subject));
  const few = inputRule('few')((yup) =>
    yup.object({ filter: yup.object({ limit: yup.number().max(10).nullable() }).nullable() }));
  return { fallbackRule: allow, permissions: { Query: { mail: own, few } } };
};`;

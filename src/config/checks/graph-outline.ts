/**
 * The part of graph.yaml that schema checks read: which subgraphs there are, their schemas and owners. Addresses and
 * resolvers are not looked at: in CI, variables of the environment may be missing, and another commit has no files on disk.
 */

import { z } from 'zod';

import type { Environment } from '../yaml/environment.ts';
import { checkYaml } from '../yaml/file.ts';

const outlineSchema = z.looseObject({
  subgraphs: z
    .record(
      z.string(),
      z.looseObject({
        /** Relative to graph.yaml. */
        schema: z.string().min(1),
        owner: z.string().min(1).optional(),
        kind: z.string().optional(),
        url: z.string().optional(),
      }),
    )
    .refine((subgraphs) => Object.keys(subgraphs).length > 0, 'expected at least one subgraph'),
});

export interface SubgraphOutline {
  readonly name: string;
  /** As it is written: relative to graph.yaml. */
  readonly schema: string;
  /** The team to ask. Null: not said. */
  readonly owner: string | null;
  /** Empty: it has none, or it comes from a variable that is not set. */
  readonly url: string;
}

/**
 * @param environment Of variables in the file. Default: none, because the file may be a stranger's, and reports are published.
 * @throws {GatewayError} `CONFIG_INVALID`, a line for each mistake.
 */
export async function readGraphOutline(
  text: string,
  displayName: string,
  environment: Environment = {},
): Promise<SubgraphOutline[]> {
  const options = { displayName, environment, unsetVariables: 'empty' } as const;
  const { subgraphs } = await checkYaml(text, outlineSchema, options);
  return Object.entries(subgraphs).map(([name, { schema, owner = null, kind, url = '' }]) => ({
    name,
    schema,
    owner,
    url: kind === 'local' ? `local:${name}` : url,
  }));
}

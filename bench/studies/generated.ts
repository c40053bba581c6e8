/** The generated graph of *mix* and *new*: its supergraph, its operations, and what one plain schema answers to them. */

import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { runnerOf } from '../../test/engine/oracle/compose.ts';
import { monolithSchema } from '../../test/engine/oracle/monolith.ts';
import { mixEntities, modelOf } from '../graph/model.ts';
import { operationBody } from '../graph/operations.ts';
import { resolversOf } from '../graph/rows.ts';
import { monolithSdl } from '../graph/sdl.ts';
import type { PassResult } from '../load/protocol.ts';
import type { Stage } from '../stage.ts';
import { writeGeneratedGraph } from '../supergraphs.ts';

export interface GeneratedGraph {
  /** The file. */
  readonly supergraph: string;
  /** So many different ones. @param from The number of the first. */
  bodies(from: number, count: number): string[];
  judge(bodies: readonly string[], answers: PassResult['answers']): Promise<Judgement>;
}

export interface Judgement {
  readonly right: number;
  /** With 429 or 503. */
  readonly refused: number;
  readonly wrong: number;
  /** The first that is wrong, in words. */
  readonly firstWrong: string | undefined;
}

const charsShown = 1000;

export async function openGenerated(stage: Stage): Promise<GeneratedGraph> {
  const model = modelOf(mixEntities);
  const supergraph = join(stage.folder, 'generated.graphql');
  await writeGeneratedGraph(supergraph, model, { urls: stage.generatedUrls });
  const resolvers = resolversOf(model, () => true);
  const oracle = runnerOf(monolithSchema({ typeDefs: monolithSdl(model), resolvers }));
  return {
    supergraph,
    bodies: (from, count) => Array.from({ length: count }, (_, n) => operationBody(model, from + n)),
    async judge(bodies, answers) {
      let [right, refused, wrong] = [0, 0, 0];
      let firstWrong: string | undefined;
      for (const [index, body] of bodies.entries()) {
        const { status, text } = answers[index] ?? { status: 0, text: 'no answer' };
        const { query, variables } = JSON.parse(body) as {
          query: string;
          variables: Record<string, unknown>;
        };
        const { data, errors } = await oracle(query, variables);
        if (errors.length > 0) throw new Error(`the operation is wrong: ${JSON.stringify(errors)}\n${query}`);
        if (status === 429 || status === 503) refused += 1;
        else if (status === 200 && isDeepStrictEqual(JSON.parse(text), { data })) right += 1;
        else {
          wrong += 1;
          firstWrong ??= `${query}\nstatus ${status}: ${text.slice(0, charsShown)}\nexpected ${JSON.stringify(data).slice(0, charsShown)}`;
        }
      }
      return { right, refused, wrong, firstWrong };
    },
  };
}

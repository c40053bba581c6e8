/**
 * Contracts nobody wrote, on schemas nobody wrote: what a client sees is a valid part of the graph, it is what the tags
 * say, and Apollo sees the same.
 *
 * `TRIBUTARY_SEED` repeats a run, `TRIBUTARY_NIGHTLY=1` makes it 50 times as long.
 */
import { validateSchema } from 'graphql';
import { expect, it } from 'vitest';

import type { Contract } from '../../../../src/pipeline/contract.ts';
import {
  impliedRemovals,
  openContract,
  type ClientView,
} from '../../../../src/preparation/contract/contract.ts';
import { hiddenPart, ownerOf } from '../../../../src/preparation/contract/explanation.ts';
import { hiddenElements } from '../../../../src/preparation/contract/hidden-elements.ts';
import type { HiddenElements } from '../../../../src/preparation/contract/reasons.ts';
import { isGatewayError } from '../../../../src/shared/errors.ts';
import { apolloView, sortedText } from '../apollo-view.ts';
import { composedGraph, contractOf, type Graph } from '../graph.ts';
import { elementTexts, looseTypes, mentionedNames, wrongVerdicts } from './claims.ts';
import { Dice } from './dice.ts';
import { randomSchema } from './random-schema.ts';

const isNightly = process.env['TRIBUTARY_NIGHTLY'] === '1';
const seed = Number(process.env['TRIBUTARY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const schemas = 40 * (isNightly ? 50 : 1);
const contractsPerSchema = 5;

const included = ['web', 'mobile'] as const;
const excluded = ['internal', 'beta'] as const;

it(
  'leaves a valid part of the graph, as the tags say and as Apollo sees it',
  () => {
    const tally = { seen: 0, refused: 0, hidden: 0, implied: 0, unreachable: 0 };
    for (let index = 0; index < schemas; index += 1) {
      const dice = new Dice(seed + index);
      const tags = [...included, ...included, ...excluded] as const;
      const sdl = randomSchema(dice, { typesMax: 4, tags, tagChance: dice.oneOf([0.1, 0.3, 0.5]) });
      const graph = composedGraph({ only: sdl });
      for (let each = 0; each < contractsPerSchema; each += 1) {
        const contract = randomContract(dice);
        const view = viewOf(graph, contract);
        if (!view) {
          tally.refused += 1;
          continue;
        }
        const label = `TRIBUTARY_SEED=${seed + index} ${JSON.stringify(contract)}\n${sdl}`;
        judge(graph, view, { contract, label, dice });
        const reasons = [...view.hidden.values()];
        tally.seen += 1;
        tally.hidden += reasons.length;
        tally.implied += reasons.filter(({ kind }) => kind === 'implied').length;
        tally.unreachable += reasons.filter(({ kind }) => kind === 'unreachable').length;
      }
    }
    console.log(`Contracts on random schemas, TRIBUTARY_SEED=${seed}: ${JSON.stringify(tally)}`);
    expect(tally.seen).toBeGreaterThan(schemas);
    expect(tally.implied).toBeGreaterThan(schemas);
    expect(tally.unreachable).toBeGreaterThan(0);
  },
  isNightly ? 3_600_000 : 240_000,
);

function randomContract(dice: Dice): Contract {
  return contractOf({
    include: dice.chance(0.5) ? dice.someOf(included, 0.6) : [],
    exclude: dice.someOf(excluded, 0.6),
    hideUnreachableTypes: dice.chance(0.5),
  });
}

/** undefined where no query is left. */
function viewOf(graph: Graph, contract: Contract): ClientView | undefined {
  try {
    return openContract(graph, contract);
  } catch (error) {
    if (isGatewayError(error) && error.code === 'CONTRACT_INVALID') return undefined;
    throw error;
  }
}

function judge(
  { schema, tags, supergraphSdl }: Graph,
  { schema: client, hidden }: ClientView,
  { contract, label, dice }: { readonly contract: Contract; readonly label: string; readonly dice: Dice },
): void {
  expect(validateSchema(client), label).toEqual([]);
  const whole = elementTexts(schema);
  const part = elementTexts(client);
  for (const [coordinate, text] of part) expect(whole.get(coordinate), `${coordinate} ${label}`).toBe(text);
  for (const coordinate of hidden.keys()) {
    expect(part.has(coordinate), `${coordinate} ${label}`).toBe(false);
    expect(whole.has(coordinate), `${coordinate} ${label}`).toBe(true);
  }
  expect(wrongVerdicts(schema, tags, { contract, hidden }), label).toEqual([]);
  expect(mentionedNames(client, hidden), label).toEqual([]);
  expect([...hiddenElements(client, tags, contract)], label).toEqual([]);
  for (const line of impliedRemovals(hidden, contract))
    expect(line, label).toMatch(/ is hidden: .+; (?:tag|do not) /);
  if (contract.hideUnreachableTypes) {
    const kept = [...tags].flatMap(([name, own]) =>
      contract.include.some((tag) => own.has(tag)) ? [name] : [],
    );
    expect(looseTypes(client, kept), label).toEqual([]);
  }
  const coordinates = new Set(hidden.keys());
  // Apollo hides no arguments of directives.
  if ([...coordinates].some((coordinate) => coordinate.startsWith('@'))) return;
  expect(sortedText(client), label).toBe(sortedText(apolloView(supergraphSdl, coordinates)));
  const needless = needlesslyHidden(supergraphSdl, hidden, dice);
  if (needless !== null) throw new Error(`${needless} could be visible: ${label}`);
}

/** Shows one of the elements again that are hidden because of others: the rest must not be a schema any more. */
function needlesslyHidden(supergraphSdl: string, hidden: HiddenElements, dice: Dice): string | null {
  const implied = [...hidden].flatMap(([coordinate, reason]) => {
    if (reason.kind !== 'implied' || isWithinHidden(coordinate, hidden)) return [];
    // The implementation that an interface adapted to may be hidden later, because of what the interface lost.
    return reason.why === 'implementation' && isWithinHidden(reason.by, hidden) ? [] : [coordinate];
  });
  const shown = implied[dice.upTo(implied.length - 1)];
  if (shown === undefined) return null;
  const rest = new Set([...hidden.keys()].filter((coordinate) => coordinate !== shown));
  try {
    return validateSchema(apolloView(supergraphSdl, rest)).length > 0 ? null : shown;
  } catch {
    return null;
  }
}

function isWithinHidden(coordinate: string, hidden: HiddenElements): boolean {
  const owner = ownerOf(coordinate);
  return owner !== null && hiddenPart(owner, hidden) !== null;
}

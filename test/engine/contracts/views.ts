/** Contracts at random for a fixture, and the monolith as a client with such a contract sees it. */
import { lexicographicSortSchema, printSchema, type GraphQLSchema } from 'graphql';

import { isGatewayError } from '../../../src/shared/errors.ts';
import type { Contract } from '../../../src/pipeline/contract.ts';
import { openContract, type ClientView } from '../../../src/preparation/contract/contract.ts';
import { SchemaElements, type SchemaElement } from '../../../src/preparation/contract/schema-elements.ts';
import type { Tags } from '../../../src/preparation/contract/tags.ts';
import { Dice } from '../../clients/contract/random/dice.ts';
import { contractOf } from '../../clients/contract/graph.ts';
import type { Fixture } from '../fixtures/fixture.ts';
import { EngineGraph } from '../ours/engine.ts';
import { apiSchemaOf, composeFixture } from '../oracle/compose.ts';

export interface FixtureView extends ClientView {
  readonly contract: Contract;
  /** For engines that answer such a client. */
  readonly graph: EngineGraph;
}

const excluded = 'hidden';
const attemptsMax = 50;

/** How many of these elements are hidden by themselves. */
const chances: Readonly<Record<SchemaElement['kind'], number>> = {
  type: 0.12,
  field: 0.12,
  inputField: 0.25,
  enumValue: 0.3,
  argument: 0.25,
  directive: 0,
};

/** Hides these elements, and what cannot be without them. */
export function viewWithout(fixture: Fixture, coordinates: readonly string[]): FixtureView {
  const tags = new Map(coordinates.map((coordinate) => [coordinate, new Set([excluded])]));
  const contract = contractOf({ exclude: [excluded] });
  const view = openContract({ schema: apiSchemaOf(composeFixture(fixture)), tags }, contract);
  return withGraph(fixture, view, contract);
}

/** One that hides something and leaves a query. */
export function randomView(fixture: Fixture, seed: number): FixtureView {
  const schema = apiSchemaOf(composeFixture(fixture));
  const dice = new Dice(seed);
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const tags = randomTags(schema, dice);
    const contract = contractOf({
      id: `${fixture.name} ${seed}`,
      exclude: [excluded],
      hideUnreachableTypes: dice.chance(0.5),
    });
    const view = viewOf({ schema, tags }, contract);
    if (view && view.hidden.size > 0) return withGraph(fixture, view, contract);
  }
  throw new Error(`Fixture ${fixture.name}: no contract leaves a query (seed ${seed})`);
}

function withGraph(fixture: Fixture, view: ClientView, contract: Contract): FixtureView {
  return { ...view, contract, graph: new EngineGraph(fixture, null, { ...view, contract }) };
}

function randomTags(schema: GraphQLSchema, dice: Dice): Tags {
  const roots = new Set([schema.getQueryType(), schema.getMutationType()].map((type) => type?.name ?? ''));
  const tagged = [...new SchemaElements(schema).all()].filter(
    ({ kind, name }) => !(kind === 'type' && roots.has(name)) && dice.chance(chances[kind]),
  );
  return new Map(tagged.map(({ coordinate }) => [coordinate, new Set([excluded])]));
}

function viewOf(graph: Parameters<typeof openContract>[0], contract: Contract): ClientView | undefined {
  try {
    return openContract(graph, contract);
  } catch (error) {
    if (isGatewayError(error) && error.code === 'CONTRACT_INVALID') return undefined;
    throw error;
  }
}

export function sortedText(schema: GraphQLSchema): string {
  return printSchema(lexicographicSortSchema(schema));
}

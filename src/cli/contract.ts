/** `tributary contract`: what a client sees of the graph, and why an element is visible to it or hidden. */

import type { Outcome } from '../preparation/contract/visibility.ts';
import { printedSchema } from '../shared/schema-text.ts';
import { CommandFailed, exitCodes, flagText, readArguments, type Command } from './arguments.ts';
import {
  locationFlags,
  locationHelp,
  openGraph,
  readClientName,
  readClientNamed,
  readLocations,
} from './client-arguments.ts';

export const contract: Command = {
  summary: 'print what a client sees of the graph, or why it does not see an element',
  help: `Usage: tributary contract CLIENT [--explain COORDINATE] [options]

Prints the schema that the contract of a client leaves, or says why an element is visible or hidden: by which tag, and
of which subgraph. Standard error has warnings: what is hidden only because of something else, and tags that
another subgraph applies than the first that defines the element.

  --explain COORDINATE   a type, field or argument, such as Product, Product.price or Query.products(first:)
${locationHelp}
  --help                 print this help

Exit codes: 0 printed, 1 unknown client or element, or a contract that does not hold, 2 usage error.`,

  async run(args) {
    const { values, operands } = readArguments(args, { ...locationFlags, explain: { type: 'string' } }, 1);
    const name = readClientName(operands, 'contract');
    const locations = readLocations(values);
    const client = await readClientNamed(name, locations.clients);
    const graph = await openGraph(locations);
    const { hiddenElements } = await import('../preparation/contract/hidden-elements.ts');
    const { tagWarnings } = await import('../preparation/contract/visibility.ts');
    const hidden = hiddenElements(graph.schema, graph.tags, client.contract);
    const outcome = { graph, contract: client.contract, hidden };
    const coordinate = flagText(values['explain']);
    if (coordinate !== undefined) await explain(coordinate, outcome);
    else warn(tagWarnings(outcome).map(({ text }) => text));
    const { openView } = await import('./client-view.ts');
    const { schema } = openView(client, graph);
    if (coordinate === undefined) {
      const { impliedRemovals } = await import('../preparation/contract/contract.ts');
      warn(impliedRemovals(hidden, client.contract, graph.tagSources));
      console.log(printedSchema(schema));
    }
    return exitCodes.ok;
  },
};

async function explain(coordinate: string, outcome: Outcome): Promise<void> {
  const { elementExplanation, nearestCoordinate, tagWarnings, warningsAbout } =
    await import('../preparation/contract/visibility.ts');
  const text = elementExplanation(coordinate, outcome);
  if (text === null) {
    const nearest = nearestCoordinate(coordinate, outcome.graph.schema);
    const hint = nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
    throw new CommandFailed(
      `the graph has no "${coordinate}"${hint}; write Type, Type.field or Type.field(argument:)`,
    );
  }
  console.log(text);
  warn(warningsAbout(coordinate, tagWarnings(outcome), outcome.hidden).map((warning) => warning.text));
}

function warn(texts: readonly string[]): void {
  for (const text of texts) console.error(`warning: ${text}`);
}

/** A folder with a graph of two subgraphs and two clients, and the commands as they are run in it. */
import { buildSchema } from 'graphql';

import { folderWith } from '../../support/folder.ts';
import { type Ended, runTributary } from '../../support/tributary.ts';

const linked = (sdl: string): string =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@tag", "@inaccessible"])\n${sdl}`;

const files = {
  'graph.yaml': ['products', 'stock']
    .map(
      (name) =>
        `  ${name}: { kind: graphql, url: "http://127.0.0.1:9", schema: ${name}.graphql, owner: team }\n`,
    )
    .reduce((text, line) => text + line, 'subgraphs:\n'),
  'products.graphql': linked(`
    type Query { product(upc: ID!): Product  costs: Money }
    type Product @key(fields: "upc") { upc: ID!  name: String  cost: Money  secret: Int @inaccessible }
    type Money @tag(name: "internal") { amount: Int }
  `),
  'stock.graphql': linked(`
    type Product @key(fields: "upc") { upc: ID! @tag(name: "logistics")  quantity: Int @tag(name: "stock") }
  `),
  'clients/web/client.yaml': 'owner: web-team\ncontract: { exclude: [stock] }\n',
  'clients/shop/client.yaml': 'owner: shop-team\ncontract: { exclude: [internal] }\n',
};

type Change = Readonly<Record<string, string>>;

/** Call it within a test. */
export function commandFolder(changed: Change = {}): Promise<string> {
  return folderWith({ ...files, ...changed });
}

export function run(cwd: string, ...args: string[]): Promise<Ended> {
  return runTributary([...args, '--graph', 'graph.yaml'], { cwd });
}

export const lines = (text: string): string[] => text.trimEnd().split('\n');

export function fieldsOf(sdl: string, type: string): string[] {
  const found = buildSchema(sdl).getType(type);
  return found && 'getFields' in found ? Object.keys(found.getFields()) : [];
}

/** Modules of users import from the package by its name, and get the gateway that loads them. */

import { symlink } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { ask } from '../support/ask.ts';
import { folderWith } from '../support/folder.ts';
import { servedAt, tributary } from '../support/tributary.ts';

const files = {
  'graph.yaml': `subgraphs:
  users: { kind: local, schema: users.graphql, resolvers: users.ts, owner: team }
`,
  'users.graphql': 'type Query { user: String }',
  'users.ts': `import { defineSubgraph, GatewayError } from '@tributary-gateway/tributary';
const user = (): string => { throw new GatewayError('BAD_USER_INPUT', 'No such user'); };
export const subgraph = defineSubgraph({ sources: {}, resolvers: { Query: { user } } });
`,
};

it.each([
  ['where the package is not installed beside them', false],
  ['where another copy of it is', true],
])('%s', async (_, isInstalled) => {
  const cwd = await folderWith(files);
  if (isInstalled) {
    const copy = await folderWith({
      'node_modules/@tributary-gateway/tributary/package.json':
        '{ "name": "@tributary-gateway/tributary", "type": "module", "exports": "./index.js" }',
      'node_modules/@tributary-gateway/tributary/index.js': 'throw new Error("a second copy");',
    });
    await symlink(join(copy, 'node_modules'), join(cwd, 'node_modules'));
  }
  const gateway = tributary(['serve', '--graph', 'graph.yaml', '--port', '0'], { cwd });
  const url = await servedAt(gateway);
  const { errors } = await ask(url, '{ user }');
  // Of another copy's class it would be an error that nobody may read.
  expect(errors).toEqual([
    expect.objectContaining({
      message: 'No such user',
      extensions: expect.objectContaining({ code: 'BAD_USER_INPUT' }) as unknown,
    }),
  ]);
});

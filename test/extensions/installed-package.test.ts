/** The package as it is installed from its tarball: what is in it, and that it runs resolvers of a user's repository. */

import { execFile } from 'node:child_process';
import { cp, readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { root } from '../layout/lint.ts';
import { ask } from '../support/ask.ts';
import { type Folder, lastingFolder } from '../support/folder.ts';
import { runTributary, servedAt, tributary } from '../support/tributary.ts';

const run = promisify(execFile);
const name = '@tributary-gateway/tributary';

interface Manifest {
  readonly version: string;
  readonly files: readonly string[];
  readonly bin: Readonly<Record<string, string>>;
}

const files = {
  'graph.yaml': `subgraphs:
  users: { kind: local, schema: users.graphql, resolvers: users.ts, owner: team }
`,
  'users.graphql': 'type Query { user: String }',
  'users.ts': `import { defineSubgraph, GatewayError, type SubgraphContext } from '${name}';
interface Parent { readonly id?: string }
const user = (_: Parent, __: unknown, { request }: SubgraphContext): string => {
  if (request.headers['x-fail']) throw new GatewayError('BAD_USER_INPUT', 'No such user');
  return 'Ada';
};
export const subgraph = defineSubgraph({ sources: {}, resolvers: { Query: { user } } });
`,
};

let manifest: Manifest;
/** A repository with the package in its node_modules, as npm would put it there. */
let repository: Folder;
let home: string;

beforeAll(async () => {
  manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest;
  repository = await lastingFolder(files);
  home = join(repository.path, 'node_modules', name);
  await cp(join(root, 'package.json'), join(home, 'package.json'));
  for (const path of manifest.files) {
    if (path !== 'dist') await cp(join(root, path), join(home, path), { recursive: true });
  }
  // Compiled anew: nobody knows how old `dist` is.
  const tsc = join(root, 'node_modules/.bin/tsc');
  await run(tsc, ['--project', 'tsconfig.build.json', '--outDir', join(home, 'dist')], { cwd: root });
  await symlink(join(root, 'node_modules'), join(home, 'node_modules'));
});
afterAll(() => repository.remove());

describe('the installed package', () => {
  it('holds the compiled gateway and nothing of the demo shop', async () => {
    const all = await readdir(home, { recursive: true });
    const own = all.filter((path) => !path.startsWith('node_modules'));
    for (const path of [
      'dist/api.js',
      'dist/api.d.ts',
      'dist/cli/main.js',
      'docs/errors.md',
      'deploy/prometheus/rules.yml',
    ])
      expect(own).toContain(path);
    expect(own.filter((path) => /schemas\/|subgraphs\/|\.test\.[jt]s|generated\//.test(path))).toEqual([]);
  });

  it('runs resolvers in TypeScript that import from it, and says its version', async () => {
    const program = join(home, manifest.bin['tributary'] ?? '');
    const options = { cwd: repository.path, program };
    expect(await runTributary(['--version'], options)).toMatchObject({
      code: 0,
      stdout: `${manifest.version}\n`,
    });
    const gateway = tributary(['serve', '--graph', 'graph.yaml', '--port', '0'], options);
    const url = await servedAt(gateway);
    expect(await ask(url, '{ user }')).toMatchObject({ data: { user: 'Ada' } });
    const { errors } = await ask(url, '{ user }', { headers: { 'x-fail': '1' } });
    expect(errors).toMatchObject([{ message: 'No such user', extensions: { code: 'BAD_USER_INPUT' } }]);
  });
});

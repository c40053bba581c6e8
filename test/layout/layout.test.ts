/** The rules of the folders hold: what may import what, sizes, documented codes, exact versions. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { errorCodes } from '../../src/shared/errors.ts';
import { findingsIn, findingsInPlanted, plantAndLint, readTables, root, type Tables } from './lint.ts';

const linesMax = 400;
/** They import anything. */
const tops = ['assembly', 'server', 'workers', 'cli'];
let tables: Tables;

beforeAll(async () => {
  tables = await readTables();
});

describe('the linter refuses every import that the folder tables do not allow', () => {
  it('between folders, and nothing that they allow', async () => {
    const { mayImport } = tables;
    const folders = [...Object.keys(mayImport), ...tops];
    const plants = Object.entries(mayImport).flatMap(([folder, allowed]) => [
      ...folders.map((target) => ({
        folder,
        from: `../${target}/planted.ts`,
        forbidden: target !== folder && !allowed.includes(target),
      })),
      { folder, from: '../gateway.ts', forbidden: true },
      { folder, from: '../api.ts', forbidden: true },
    ]);
    expect(plants.filter(({ forbidden }) => forbidden).length).toBeGreaterThan(200);
    expect(await plantAndLint(plants)).toEqual({ missed: [], wronglyRefused: [] });
  });

  it('of values where types are allowed', async () => {
    const plants = Object.entries(tables.mayImportTypes).flatMap(([folder, targets]) =>
      targets.flatMap((target) => [
        { folder, from: `../${target}/planted.ts`, forbidden: true },
        { folder, from: `../${target}/planted.ts`, typeOnly: true, forbidden: false },
      ]),
    );
    expect(plants.length).toBeGreaterThan(4);
    expect(await plantAndLint(plants)).toEqual({ missed: [], wronglyRefused: [] });
  });

  it('of packages outside their home folder', async () => {
    const { mayImport, packageHome } = tables;
    const plants = [...Object.keys(mayImport), ...tops].flatMap((folder) =>
      Object.entries(packageHome).flatMap(([name, home]) => [
        { folder, from: name, forbidden: home !== folder },
        { folder, from: `${name}/file.js`, forbidden: home !== folder },
        { folder, from: `${name}/dist/esm/file.js`, forbidden: home !== folder },
      ]),
    );
    const telemetry = [
      { folder: 'server', from: '@opentelemetry/api', forbidden: true },
      { folder: 'observe', from: '@opentelemetry/api', forbidden: false },
    ];
    expect(await plantAndLint([...plants, ...telemetry])).toEqual({ missed: [], wronglyRefused: [] });
  });

  it('also from a folder within a folder', async () => {
    const plants = [
      { folder: 'sources/rest', from: '../../server/edge.ts', forbidden: true },
      { folder: 'sources/rest', from: '../../resilience/call.ts', forbidden: false },
      { folder: 'services/rest-mapping', from: 'undici', forbidden: true },
    ];
    expect(await plantAndLint(plants)).toEqual({ missed: [], wronglyRefused: [] });
  });
});

it('the linter refuses to print schemas in ways that fail on some default values', async () => {
  const names = ['printSchema', 'printType', 'introspectionFromSchema'];
  const text = [...names, 'print']
    .map((name) => `import { ${name} } from 'graphql';\nvoid ${name};\n`)
    .join('');
  const findings = await findingsInPlanted(new Map([['src/cli/planted.ts', text]]));
  const refused = findings.filter(({ rule }) => rule === 'no-restricted-imports').map(({ line }) => line);
  expect(refused).toEqual([1, 3, 5]);
});

it('the linter refuses a cycle of imports, also of types alone', async () => {
  const texts = ['type ', ''].flatMap((word): Array<[string, string]> => {
    const kind = word === '' ? 'values' : 'types';
    const textOf = (own: string, other: string): string =>
      `import ${word}{ ${other} } from './${other}-of-${kind}.ts';\nexport class ${own} { next?: ${other} }\n`;
    return [
      [`src/shared/One-of-${kind}.ts`, textOf('One', 'Other')],
      [`src/shared/Other-of-${kind}.ts`, textOf('Other', 'One')],
    ];
  });
  const findings = await findingsInPlanted(new Map(texts));
  const cycles = findings.filter(({ rule }) => rule === 'no-cycle').map(({ file }) => file);
  expect(cycles.toSorted()).toEqual(texts.map(([path]) => path).toSorted());
});

describe('src/', () => {
  it('has no folder that the table does not know', async () => {
    const entries = await readdir(join(root, 'src'), { withFileTypes: true });
    const known = new Set([...Object.keys(tables.mayImport), ...tops]);
    expect(entries.filter((entry) => entry.isDirectory() && !known.has(entry.name))).toEqual([]);
    const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    expect(files.toSorted()).toEqual(['api.ts', 'gateway.ts']);
  });

  it('has no function over 70 lines, no import cycle and no forbidden import', async () => {
    const rules = ['max-lines-per-function', 'max-lines', 'max-params', 'no-cycle', 'no-restricted-imports'];
    const findings = await findingsIn(join(root, 'oxlint.config.mjs'), [join(root, 'src')]);
    expect(findings.filter(({ rule }) => rules.includes(rule))).toEqual([]);
  });
});

it.each(['src', 'subgraphs-mock', 'test'])('no file of %s/ has more than 400 lines', async (folder) => {
  const names = await readdir(join(root, folder), { recursive: true });
  const sources = names.filter((name) => /\.(ts|js|mjs)$/.test(name) && !name.includes('generated'));
  expect(sources).not.toEqual([]);
  const sizes = await Promise.all(
    sources.map(async (name) => {
      const lines = (await readFile(join(root, folder, name), 'utf8')).split('\n').length - 1;
      return { name, lines };
    }),
  );
  expect(sizes.filter(({ lines }) => lines > linesMax)).toEqual([]);
});

it('docs/errors.md lists exactly the codes there are, with their status and whether to try again', async () => {
  const text = await readFile(join(root, 'docs/errors.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `(\w+)` +\| (\d{3}) +\| (yes|no) +\| (\S.*?) +\|$/gm)];
  const documented = rows.map(([, code, status, retryable]) => [code, Number(status), retryable === 'yes']);
  const defined = Object.entries(errorCodes).map(([code, { httpStatus, retryable }]) => [
    code,
    httpStatus,
    retryable,
  ]);
  expect(documented).toEqual(defined);
});

it('`npm run check` lints with these rules', async () => {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  // The linter finds no file of this name by itself, and falls back on rules of its own.
  expect(scripts['check:code']).toMatch(/^oxlint -c oxlint\.config\.mjs .*--deny-warnings /);
});

it('package.json names exact versions only', async () => {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<string, object>;
  const sections = ['dependencies', 'devDependencies', 'optionalDependencies', 'overrides'];
  const ranges = sections
    .flatMap((section) => Object.entries(manifest[section] ?? {}))
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(String(version)));
  expect(ranges).toEqual([]);
});

it('docs/ARCHITECTURE.md names files that exist', async () => {
  const text = await readFile(join(root, 'docs/ARCHITECTURE.md'), 'utf8');
  const named = new Set(
    [...text.matchAll(/`((?:src|test|schemas)\/[\w./-]+)`/g)].map(([, path = '']) => path),
  );
  expect(named.size).toBeGreaterThan(30);
  const missing = [];
  for (const path of named) if (!(await stat(join(root, path)).catch(() => undefined))) missing.push(path);
  expect(missing).toEqual([]);
});

it('src/gateway.ts has at most 150 lines', async () => {
  const text = await readFile(join(root, 'src/gateway.ts'), 'utf8');
  expect(text.split('\n').length - 1).toBeLessThanOrEqual(150);
});

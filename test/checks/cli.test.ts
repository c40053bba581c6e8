/** The commands as CI runs them: exit codes, reports, limits. */

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { CheckReport } from '../../src/checks/report.ts';
import { type Files, TestRepository } from './support/repository.ts';
import { edited, ordersFile, productsFile, shopFiles } from './support/shop-graph.ts';

const program = fileURLToPath(new URL('../../src/cli/tributary.js', import.meta.url));

/** Only `compose` needs them. */
const addresses = {
  PRODUCTS_URL: 'http://127.0.0.1:4101/graphql',
  ORDERS_URL: 'http://127.0.0.1:4102/graphql',
};

interface Ended {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

function run(folder: string, ...args: readonly string[]): Promise<Ended> {
  const { GITHUB_BASE_REF: _github, CI_MERGE_REQUEST_DIFF_BASE_SHA: _gitlab, ...ours } = process.env;
  const env = { ...ours, ...addresses };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, ...args],
      { cwd: folder, env, timeout: 120_000 },
      (error, output, errors) => resolve({ code: error ? Number(error.code ?? -1) : 0, output, errors }),
    );
  });
}

/** With the change in the working tree. */
async function changedShop(files: Files): Promise<TestRepository> {
  const repository = await TestRepository.create(shopFiles);
  onTestFinished(() => repository.remove());
  await repository.write(files);
  return repository;
}

const broken = edited(productsFile, ['  tags: [String!]\n', '']);

describe('exit codes of tributary check', () => {
  it('0: nothing breaks', async () => {
    const { root } = await changedShop(
      edited(productsFile, ['  tags: [String!]\n', '  tags: [String!]\n  more: Int\n']),
    );
    const { code, output, errors } = await run(root, 'check');
    expect(errors).toBe('');
    expect(output).toContain('Schema check passed');
    expect(code).toBe(0);
  });

  it('1: an operation breaks, with the place, the operation and its version', async () => {
    const { root } = await changedShop(broken);
    const { code, output } = await run(root, 'check');
    expect(output).toContain('error Product.tags was removed [field-removed]');
    expect(output).toContain(`at ${productsFile}:24:3`);
    expect(output).toContain('broken List (web 1.2');
    expect(code).toBe(1);
  });

  it('2: a base that is not there, a flag, a format, a file that cannot be written', async () => {
    const { root } = await changedShop(broken);
    for (const [args, message] of [
      [['--base', 'nowhere'], /no commit "nowhere"/],
      [['--bases', 'main'], /Unknown option/],
      [['--base', '--upload-pack=x'], /Option '--base'|no commit/],
      [['--format', 'pdf'], /no format "pdf"; formats: text, json/],
      [['--out', 'json'], /FORMAT=FILE/],
      [['--out', 'json=/nowhere/report.json'], /cannot write/],
      [['--usage', 'nowhere.jsonl'], /cannot be read/],
      [['--subgraph', 'nobody=http://127.0.0.1:1'], /one of products, orders/],
      [['--timeout', '0'], /--timeout must be/],
      [['--memory', '1'], /--memory must be a number from 64/],
    ] as const) {
      const { code, errors } = await run(root, 'check', ...args);
      expect(errors, args.join(' ')).toMatch(message);
      expect(code, args.join(' ')).toBe(2);
    }
  });

  it('3: the graph does not compose, or no query can be planned', async () => {
    const conflict = await changedShop(edited(ordersFile, ['  stock: Int', '  weight: Float\n  stock: Int']));
    const { code, output } = await run(conflict.root, 'check');
    expect(output).toMatch(/INVALID_FIELD_SHARING/);
    expect(code).toBe(3);
    const unreachable = await changedShop(
      edited(ordersFile, [
        'type Product @key(fields: "id") {',
        'type Product @key(fields: "id", resolvable: false) {',
      ]),
    );
    const satisfiability = await run(unreachable.root, 'check');
    expect(satisfiability.output).toMatch(/SATISFIABILITY_ERROR/);
    expect(satisfiability.code).toBe(3);
  });
});

describe('states', () => {
  it('compares two commits, without a checkout', async () => {
    const repository = await changedShop(broken);
    await repository.commit(broken, 'Remove');
    await repository.commit(edited(productsFile), 'Undo');
    expect((await run(repository.root, 'check', '--base', 'main~2', '--head', 'main~1')).code).toBe(1);
    expect((await run(repository.root, 'check', '--base', 'main~2', '--head', 'main')).code).toBe(0);
    expect((await run(repository.root, 'check', '--base', 'main~1', '--head', 'main')).code).toBe(0);
  });

  it('compares with the merge base of the branch of the pull request', async () => {
    const repository = await changedShop(new Map());
    await repository.git('checkout', '--quiet', '-b', 'feature');
    await repository.commit(broken, 'Remove');
    await repository.git('checkout', '--quiet', 'main');
    await repository.commit(edited(productsFile, ['  unused: String\n', '']), 'Another');
    await repository.git('checkout', '--quiet', 'feature');
    const { output, code } = await run(repository.root, 'diff');
    expect(output).toContain('Product.tags was removed');
    // That is a change of main.
    expect(output).not.toContain('unused');
    expect(code).toBe(0);
  });

  it('refuses a base that may be a folder or a branch', async () => {
    const repository = await changedShop(new Map([['release/notes.txt', 'one']]));
    await repository.git('branch', 'release');
    const { code, errors } = await run(repository.root, 'check', '--base', 'release');
    expect(code).toBe(2);
    expect(errors).toContain(
      '"release" is a path and a git ref: say which, with ./release or refs/heads/release',
    );
    expect((await run(repository.root, 'check', '--base', 'refs/heads/release')).code).toBe(0);
  });

  it('refuses a client that is in neither state, of which nothing would differ', async () => {
    const { root } = await changedShop(broken);
    const { code, errors } = await run(root, 'diff', '--client', 'wbe');
    expect(code).toBe(2);
    expect(errors).toContain('--client: there is no client wbe in either state (did you mean "web"?)');
  });

  it('compares folders and supergraph files, outside of a repository too', async () => {
    const repository = await changedShop(broken);
    const graph = join(repository.root, 'schemas/graph.yaml');
    const supergraph = join(repository.root, 'supergraph.graphql');
    expect((await run(repository.root, 'compose', '--out', supergraph)).code).toBe(0);
    await repository.git('checkout', '--quiet', '--', productsFile);
    const { code, output } = await run(repository.root, 'diff', '--graph', graph, '--base', supergraph);
    expect(output).toContain('Product.tags was added');
    expect(code).toBe(0);
  });

  it('takes a schema from a running subgraph', async () => {
    const sdl = [...broken.values()][0];
    const server = createServer((request, response) => {
      request.resume().on('end', () => response.end(JSON.stringify({ data: { _service: { sdl } } })));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
    const { root } = await changedShop(new Map());
    const { code, output } = await run(root, 'check', '--base', 'main', '--subgraph', `products=${url}`);
    expect(output).toContain('Product.tags was removed');
    expect(code).toBe(1);
  });
});

describe('recorded usage', () => {
  it('tells how often an operation is sent, and of operations that nobody registered', async () => {
    const lines = [
      {
        client: 'web',
        version: '1.2',
        operation: 'List',
        hash: 'web-list',
        calls: 1200,
        lastSeen: '2026-11-20',
      },
      {
        client: 'mobile',
        version: '4.9',
        operation: 'Old',
        hash: 'x1',
        calls: 7,
        lastSeen: '2026-11-21',
        document: 'query Old { products { tags } }',
      },
    ];
    const { root } = await changedShop(
      new Map([...broken, ['usage.jsonl', lines.map((line) => JSON.stringify(line)).join('\n')]]),
    );
    const { output, code } = await run(root, 'check', '--usage', 'usage.jsonl');
    expect(output).toContain('broken List (web 1.2, 1,200 calls, last seen 2026-11-20)');
    expect(output).toContain('broken Old (mobile 4.9, 7 calls, last seen 2026-11-21)');
    expect(code).toBe(1);
  });

  it('fails where an operation cannot be checked', async () => {
    const line = JSON.stringify({ client: 'web', hash: 'unknown', calls: 3 });
    const { root } = await changedShop(new Map([['usage.jsonl', `${line}\nnot json\n`]]));
    const { output, code } = await run(root, 'check', '--usage', 'usage.jsonl');
    expect(output).toMatch(/line 1: .*without its document it cannot be checked/);
    expect(output).toMatch(/line 2: is not JSON/);
    expect(code).toBe(3);
  });
});

describe('overrides and reports', () => {
  it('accepts each finding by a file that is printed, and then passes', async () => {
    const { root } = await changedShop(broken);
    const report = join(root, 'report.json');
    const all = ['json', 'sarif', 'junit', 'gitlab', 'markdown', 'github', 'github-summary'];
    const outputs = all.flatMap((format) => ['--out', `${format}=${join(root, `report.${format}`)}`]);
    expect((await run(root, 'check', ...outputs, '--out', `json=${report}`)).code).toBe(1);
    for (const format of all)
      expect((await readFile(join(root, `report.${format}`), 'utf8')).length).toBeGreaterThan(10);
    const { findings } = JSON.parse(await readFile(report, 'utf8')) as CheckReport;
    const errors = findings.filter(({ severity }) => severity === 'error');
    expect(errors.map(({ client }) => client)).toEqual(['web']);
    for (const { fingerprint } of errors) {
      const { code, output } = await run(
        root,
        'override',
        'add',
        fingerprint,
        '--reason',
        'It was never released',
      );
      expect(output).toContain(`policy/overrides/${fingerprint}.yaml`);
      expect(code).toBe(0);
    }
    const { output, code } = await run(root, 'check');
    expect(output).toContain('accepted by web-team');
    expect(code).toBe(0);
  });

  it('writes no override that checks would refuse', async () => {
    const { root } = await changedShop(broken);
    const { output } = await run(root, 'check', '--format', 'json');
    const { fingerprint = '' } = (JSON.parse(output) as CheckReport).findings[0] ?? {};
    for (const [args, message] of [
      [['--reason', 'short'], /10 characters or more/],
      [['--reason', 'It was never released', '--expires', '2020-01-01'], /must not be in the past/],
    ] as const) {
      const { code, errors } = await run(root, 'override', 'add', fingerprint, ...args);
      expect(errors).toMatch(message);
      expect(code).toBe(2);
    }
  });

  it('explains a finding, with three ways out', async () => {
    const { root } = await changedShop(broken);
    const { output } = await run(root, 'check', '--explain', 'Product.tags');
    expect(output).toMatch(/field-removed/);
    expect(output).toMatch(/override add/);
  });

  it('lints, and fails for errors alone', async () => {
    const { root } = await changedShop(
      new Map([
        ...edited(
          productsFile,
          ['type Review {', 'type review_type {'],
          ['Review!\n}\n\ninterface', 'review_type!\n}\n\ninterface'],
        ),
        ['schemas/policy/checks.yaml', 'lint: { lint-type-name: error, lint-description: off }\n'],
      ]),
    );
    const { output, code } = await run(root, 'lint');
    expect(output).toMatch(/error .*review_type.*lint-type-name/);
    expect(output).not.toContain('lint-description');
    expect(code).toBe(1);
  });
});

describe('schemas of others', () => {
  it('may not take longer than they have', async () => {
    const fields = Array.from({ length: 3000 }, (_, index) => `  f${index}: T${index % 300}`).join('\n');
    const types = Array.from(
      { length: 300 },
      (_, index) => `type T${index} @key(fields: "id") { id: ID!\n${fields}\n}`,
    );
    const sdl = `${shopFiles.get(productsFile)}\n${types.join('\n')}\n`;
    const { root } = await changedShop(new Map([[productsFile, sdl]]));
    const { code, errors } = await run(root, 'check', '--timeout', '1');
    expect(errors).toMatch(/took longer than 1 s: raise --timeout/);
    expect(code).toBe(2);
  });

  it('may not need more memory than they have', async () => {
    const fields = Array.from({ length: 2000 }, (_, index) => `  f${index}: T${index % 200}`).join('\n');
    const types = Array.from(
      { length: 200 },
      (_, index) => `type T${index} @key(fields: "id") { id: ID!\n${fields}\n}`,
    );
    const sdl = `${shopFiles.get(productsFile)}\n${types.join('\n')}\n`;
    const { root } = await changedShop(new Map([[productsFile, sdl]]));
    const { code, errors } = await run(root, 'check', '--memory', '128');
    expect(errors).toMatch(/needed more than 128 MiB of memory: raise --memory/);
    expect(code).toBe(2);
  });

  it('may not name files outside of the repository', async () => {
    const graph =
      shopFiles.get('schemas/graph.yaml')?.replace('subgraphs/products.graphql', '../../../../etc/passwd') ??
      '';
    const { root } = await changedShop(new Map([['schemas/graph.yaml', graph]]));
    const { code, errors } = await run(root, 'check');
    expect(errors).toMatch(/is outside of the repository/);
    expect(code).toBe(2);
  });
});

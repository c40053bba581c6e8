/** Plants imports in a folder tree of their own and asks the linter, with the project's own rules, what it says. */

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** What oxlint.config.mjs exports besides its rules. */
export interface Tables {
  readonly mayImport: Readonly<Record<string, readonly string[]>>;
  readonly mayImportTypes: Readonly<Record<string, readonly string[]>>;
  readonly packageHome: Readonly<Record<string, string>>;
}

export interface Plant {
  /** Of src/. */
  readonly folder: string;
  readonly from: string;
  readonly typeOnly?: boolean;
  readonly forbidden: boolean;
}

export interface Finding {
  /** Without its plugin's name. */
  readonly rule: string;
  readonly file: string;
  readonly line: number;
}

export async function readTables(): Promise<Tables> {
  return (await import(join(root, 'oxlint.config.mjs'))) as Tables;
}

/** One run of the linter for all of them. */
export async function plantAndLint(plants: readonly Plant[]) {
  const byFolder = Map.groupBy(plants, ({ folder }) => folder);
  const files = [...byFolder].map(([folder, planted]): [string, string] => [
    `src/${folder}/planted.ts`,
    planted.map(({ from, typeOnly }) => `import ${typeOnly ? 'type {} from ' : ''}'${from}';\n`).join(''),
  ]);
  const findings = await findingsInPlanted(new Map(files));
  const refused = new Set(
    findings
      .filter(({ rule }) => rule === 'no-restricted-imports')
      .map(({ file, line }) => `${file}:${line}`),
  );
  return verdictOn(plants, (folder, line) => refused.has(`src/${folder}/planted.ts:${line}`));
}

/** What the linter says of files that are in no repository. @param texts By path, such as `src/shared/planted.ts`. */
export async function findingsInPlanted(texts: ReadonlyMap<string, string>): Promise<Finding[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'tributary-layout-'));
  try {
    const config = join(scratch, 'oxlint.config.mjs');
    // The linter matches `src/...` against the folder of its configuration.
    const rules = JSON.stringify(join(root, 'oxlint.config.mjs'));
    await writeFile(config, `import config from ${rules};\nexport default config;\n`);
    for (const [path, text] of texts) {
      await mkdir(dirname(join(scratch, path)), { recursive: true });
      await writeFile(join(scratch, path), text);
    }
    const findings = await findingsIn(config, [join(scratch, 'src')]);
    return findings.map((finding) => ({ ...finding, file: relative(scratch, finding.file) }));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function verdictOn(plants: readonly Plant[], isRefused: (folder: string, line: number) => boolean) {
  const missed: Plant[] = [];
  const wronglyRefused: Plant[] = [];
  for (const [folder, planted] of Map.groupBy(plants, (plant) => plant.folder)) {
    for (const [index, plant] of planted.entries()) {
      const refused = isRefused(folder, index + 1);
      if (plant.forbidden && !refused) missed.push(plant);
      if (!plant.forbidden && refused) wronglyRefused.push(plant);
    }
  }
  return { missed, wronglyRefused };
}

interface Report {
  readonly diagnostics: readonly Diagnostic[];
  readonly number_of_files: number;
}

interface Diagnostic {
  /** `eslint(no-console)` */
  readonly code: string;
  readonly filename: string;
  readonly labels: ReadonlyArray<{ readonly span: { readonly line: number } }>;
}

/** @throws {Error} When the linter does not run, or finds no file. */
export async function findingsIn(config: string, paths: readonly string[]): Promise<Finding[]> {
  const program = join(root, 'node_modules/.bin/oxlint');
  const folder = dirname(config);
  const output = await run(program, ['-c', basename(config), '--format', 'json', ...paths], folder);
  const report = JSON.parse(output) as Report;
  if (report.number_of_files === 0) throw new Error('the linter found no file');
  return report.diagnostics.map(({ code, filename, labels }) => ({
    rule: /\(([^)]+)\)/.exec(code)?.[1] ?? code,
    file: join(folder, filename),
    line: labels[0]?.span.line ?? 0,
  }));
}

const outputBytesMax = 67_108_864;
const lintTimeoutMs = 60_000;

/** The linter exits with 1 when it finds something: only its output counts. */
function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      program,
      args,
      { cwd, maxBuffer: outputBytesMax, timeout: lintTimeoutMs },
      (error, stdout, stderr) => {
        if (stdout === '') reject(new Error(`the linter said nothing: ${stderr}`, { cause: error }));
        else resolve(stdout);
      },
    );
  });
}

/** `npm run bench`: measures Tributary beside its peers and prints one table a workload. --help lists the flags. */

import { writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';

import { buildOurs, installPeers } from './install.ts';
import { help, type Options, readOptions } from './options.ts';
import { notPinned } from './processes.ts';
import type { Stage } from './stage.ts';

process.exitCode = await run();

async function run(): Promise<number> {
  let options: Options | undefined;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)} (see --help)`);
    return 2;
  }
  if (!options) {
    console.log(help);
    return 0;
  }
  try {
    installPeers();
    buildOurs();
    await runOn(options);
    return 0;
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

async function runOn(options: Options): Promise<void> {
  // Imported late: these need what `installPeers` installs.
  const { openStage } = await import('./stage.ts');
  console.log(machine());
  // What was started and written goes with the process.
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  const stage = await openStage(options);
  try {
    if (options.profile !== undefined)
      await (await import('./profile.ts')).profile(stage, options, options.profile);
    else if (options.scaling) await (await import('./scaling.ts')).measureScaling(stage, options);
    else if (options.workersScaling) await (await import('./workers.ts')).measureWorkers(stage, options);
    else await compare(stage, options);
  } finally {
    await stage.close();
  }
}

async function compare(stage: Stage, options: Options): Promise<void> {
  const { measure } = await import('./rounds.ts');
  const { toRows, toTables } = await import('./report.ts');
  const { runStudies } = await import('./studies/index.ts');
  const { overviewTable, studyTable } = await import('./overview.ts');
  const { cells, notes: notesOfRounds } = await measure(stage, options);
  const rows = toRows(cells);
  if (rows.length > 0) {
    console.log(`\n${toTables(rows)}\n`);
    console.log(
      "x PEER: the peer's least CPU time a request over this gateway's; in brackets, requests per second over the peer's.",
    );
  }
  const studies = await runStudies(stage, options);
  for (const study of studies) if (study.rows.length > 0) console.log(`\n${studyTable(study)}`);
  console.log(`\n### all workloads\n\n${overviewTable(rows, studies)}\n`);
  const notes = [...new Set([...notesOfRounds, ...studies.flatMap((study) => study.notes)])];
  for (const note of notes) console.log(`Note: ${note}`);
  if (options.json === undefined) return;
  const { windowMs, rounds, connections, delayMs } = options;
  const settings = { windowMs, rounds, connections, delayMs };
  await writeFile(
    options.json,
    `${JSON.stringify({ machine: machine(), settings, notes, rows, studies }, null, 2)}\n`,
  );
}

function machine(): string {
  const all = cpus();
  const memory = Math.round(totalmem() / 1024 ** 3);
  const pinned =
    notPinned === undefined ? 'pinned: gateway on core 0, all else on core 1' : `not pinned: ${notPinned}`;
  return `Node ${process.version}, ${all.length} x ${all[0]?.model.trim() ?? 'unknown CPU'}, ${memory} GB; ${pinned}`;
}

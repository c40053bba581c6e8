/** The audit file: whole whatever number of processes decide, bounded, and what is not in it is counted. */
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { start } from '../../src/assembly/start.ts';
import {
  guardedFiles,
  type GuardedFiles,
  guardedGateway,
  readRecords,
} from '../auth/support/guarded-gateway.ts';
import { servedAt, type Tributary, tributary } from '../support/tributary.ts';

const asked = 60;
const query = '{ secret }';

it('several processes write one file, each record once, put aside when it is full by one of them', async () => {
  const fileBytesMax = 4000;
  const files = await guardedFiles({ audit: [`fileBytesMax: ${fileBytesMax}`, 'filesMax: 100'] });
  const running = serve(files, ['--workers', '2']);
  const url = await servedAt(running);
  await running.printed(/("msg":"worker started"[^]*){2}"msg":"listening"/);
  const ids = Array.from({ length: asked }, (_, i) => `request-${i}`);
  await Promise.all(ids.map((id) => files.ask(url, query, { headers: { 'x-request-id': id } })));
  running.child.kill('SIGTERM');
  const { code, stdout } = await running.ended();
  expect(code).toBe(0);

  const names = (await readdir(files.folder)).filter((name) => name.startsWith('audit'));
  expect(names.length).toBeGreaterThan(3);
  const records = (await Promise.all(names.map((name) => readRecords(join(files.folder, name))))).flat();
  expect(records.map(({ requestId }) => requestId).toSorted()).toEqual(ids.toSorted());
  for (const name of names)
    expect((await stat(join(files.folder, name))).size).toBeLessThanOrEqual(fileBytesMax);
  // Both have answered.
  for (const worker of [1, 2]) expect(stdout).toMatch(new RegExp(`"worker":${worker},[^\n]*"msg":"request"`));
});

it('what is put aside is kept up to a number, the newest of it', async () => {
  const graph = await guardedGateway({ audit: ['fileBytesMax: 1', 'filesMax: 2'] });
  for (let i = 0; i < 5; i += 1) await graph.query(query, { headers: { 'x-request-id': `request-${i}` } });
  await graph.close();
  const names = (await readdir(graph.folder)).filter((name) => name.startsWith('audit')).toSorted();
  expect(names).toEqual(['audit.jsonl', 'audit.jsonl.1', 'audit.jsonl.2']);
  const kept = await Promise.all(names.map((name) => readRecords(join(graph.folder, name))));
  expect(kept.map((records) => records.map(({ requestId }) => requestId))).toEqual([
    ['request-4'],
    ['request-3'],
    ['request-2'],
  ]);
  // Nobody else may read it.
  expect((await stat(join(graph.folder, 'audit.jsonl'))).mode & 0o077).toBe(0);
});

it('records that do not fit or cannot be written are counted, and the client is answered', async () => {
  const files = await guardedFiles({ audit: ['queueMax: 2'], auditFile: 'log/audit.jsonl' });
  await mkdir(join(files.folder, 'log'));
  const running = serve(files);
  const url = await servedAt(running);
  // Five decisions at once, of which two fit.
  const many = '{ secret books { cost isbn shelf score } movies { budget } }';
  expect((await files.ask(url, many)).errors).toHaveLength(6);
  await running.printed(/3 audit records were lost: they came faster than they could be written/);
  expect(await readRecords(join(files.folder, 'log/audit.jsonl'))).toHaveLength(2);
  await rm(join(files.folder, 'log'), { recursive: true });
  expect((await files.ask(url, query)).errors).toHaveLength(1);
  await running.printed(/1 audit records were lost: ENOENT/);
  // It goes on as soon as it can.
  await mkdir(join(files.folder, 'log'));
  await files.ask(url, query);
  await expect.poll(() => readFile(join(files.folder, 'log/audit.jsonl'), 'utf8')).toContain('secret');
});

it('a file that cannot be written stops the start', async () => {
  const { supergraph, configPath, folder } = await guardedFiles({ auditFile: 'none/audit.jsonl' });
  const file = join(folder, 'none/audit.jsonl');
  for (const workers of [1, 2])
    await expect(start({ supergraph, configPath, port: 0, logLevel: 'silent', workers })).rejects.toThrow(
      `audit.file: ${file} cannot be written (ENOENT)`,
    );
});

function serve({ supergraph, configPath }: GuardedFiles, more: readonly string[] = []): Tributary {
  return tributary(['serve', '--supergraph', supergraph, '--config', configPath, '--port', '0', ...more]);
}

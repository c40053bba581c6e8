/** One policy in several processes: rules that fail deny in each and are told as defects, and all follow a change. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { expect, it } from 'vitest';

import { policyModule } from '../auth/guarded-graph.ts';
import { guardedFiles } from '../auth/support/guarded-gateway.ts';
import type { GraphqlReply } from '../support/ask.ts';
import { servedAt, tributary } from '../support/tributary.ts';

const bad = `
  const contextual = { cache: 'contextual' };
  const throws = rule('throws', contextual)(() => { throw new Error('no database'); });
  const rejects = rule('rejects', { cache: 'strict', fragment: '{ id }' })(() => Promise.reject(new Error('no database')));
  const sleeps = rule('sleeps', contextual)(() => new Promise(() => {}));
  const strange = rule('strange', contextual)(() => ({ allowed: true }));
`;
const failing = policyModule
  .replace('const never', `${bad} const never`)
  .replace('shelf: never', 'cost: throws, title: rejects, isbn: sleeps, shelf: strange');
const closed = policyModule.replace('shelf: never', 'shelf: never, title: never');
const titles = '{ books { title } }';
const workers = [1, 2];
const fieldsByRule = [
  ['throws', 'cost'],
  ['rejects', 'title'],
  ['sleeps', 'isbn'],
  ['strange', 'shelf'],
] as const;
/** Fewer than the defects that a process writes in a second. */
const fewRequests = 8;

it('rules that fail deny in each process, and a change or a mistake in the policy is one in all', async () => {
  const files = await guardedFiles({
    policy: failing,
    authorization: ['ruleTimeoutMs: 50'],
    settings: 'reload: { filePollMs: 0 }',
  });
  const place = ['--supergraph', files.supergraph, '--config', files.configPath];
  const running = tributary(['serve', ...place, '--port', '0', '--workers', '2']);
  const url = await servedAt(running);
  await running.printed(/("msg":"worker started"[^]*){2}"msg":"listening"/);
  const askAll = (query: string, length = 20): Promise<GraphqlReply[]> =>
    Promise.all(Array.from({ length }, () => files.ask(url, query, { claims: { sub: 'ada' } })));
  const replies = await askAll('{ books { cost title isbn shelf } }');
  for (const { data, errors = [] } of replies) {
    expect(data).toEqual({ books: [{ cost: null, title: null, isbn: null, shelf: null }] });
    expect(errors.map(({ extensions }) => extensions['code'])).toEqual(Array(4).fill('AUTHORIZATION_FAILED'));
    expect(JSON.stringify(errors)).not.toContain('database');
  }
  for (const [rule, field] of fieldsByRule) {
    const defects = async (): Promise<string[]> => {
      const { input: log } = await running.printed(/[^]*/);
      return log.split('\n').filter((line) => line.includes(`"where":"policy rule ${rule}"`));
    };
    // Each process writes so many defects a second.
    await sleep(1100);
    const before = (await defects()).length;
    await askAll(`{ books { ${field} } }`, fewRequests);
    // Once for each request, by whoever answered it.
    await expect.poll(async () => (await defects()).length).toBe(before + fewRequests);
    const told = (await defects()).join('\n');
    for (const worker of workers) expect(told).toContain(`"worker":${worker},`);
  }

  await writeFile(join(files.folder, 'policy.mjs'), closed);
  running.child.kill('SIGHUP');
  await expect.poll(async () => deniedOf(await askAll(titles))).toEqual(['FORBIDDEN']);
  await writeFile(join(files.folder, 'policy.mjs'), closed.replace('title: never', 'titel: never'));
  running.child.kill('SIGHUP');
  await running.printed(
    /Book.titel, which is not in the graph \(did you mean \\"title\\"\?\).*the previous graph stays in use/,
  );
  expect(deniedOf(await askAll(titles))).toEqual(['FORBIDDEN']);
});

/** Each code once; `null` for an answer without an error. */
function deniedOf(replies: readonly GraphqlReply[]): unknown[] {
  return [...new Set(replies.map(({ errors }) => errors?.[0]?.extensions['code'] ?? null))];
}

/** The recipes of `deploy/ci`, each run in a clone of a pull request as its CI runs it. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';

import { readGithubSchemas } from './support/github-schemas.ts';
import { action, actionFile, runCheckStep, runCommentStep } from './support/recipe-action.ts';
import { installJq, RecipeEnvironment, type Comment, type Ran } from './support/recipe-environment.ts';
import type { Files } from './support/repository.ts';
import { edited, ordersFile, productsFile } from './support/shop-graph.ts';

const recipes = join(import.meta.dirname, '../../deploy/ci');
const marker = '<!-- tributary-check -->';

const described = edited(productsFile, ['type Category', '"A group of products."\ntype Category']);
const removed = edited(productsFile, ['  price(in: Currency): Int\n', '']);
const unknownType = edited(ordersFile, ['total: Int!', 'total: Money!']);

interface Change {
  readonly name: string;
  readonly change: Files;
  readonly verdict: string;
  readonly code: number;
}

const changes: readonly Change[] = [
  { name: 'breaks nobody', change: described, verdict: 'passed', code: 0 },
  { name: 'breaks an operation', change: removed, verdict: 'failed', code: 1 },
  { name: 'does not compose', change: unknownType, verdict: 'invalid', code: 3 },
];

async function environmentWith(change: Files): Promise<RecipeEnvironment> {
  const environment = await RecipeEnvironment.create(change);
  onTestFinished(() => environment.remove());
  return environment;
}

function textOf(...path: readonly string[]): Promise<string> {
  return readFile(join(...path), 'utf8');
}

describe('shell/check.sh', () => {
  const script = join(recipes, 'shell/check.sh');

  it.each(changes)('a change that $name: exit code $code', async ({ change, verdict, code }) => {
    const environment = await environmentWith(change);
    const ran = await environment.execute(['sh', script], { TRIBUTARY_REPORTS: 'reports of it' });
    expect(ran.code, ran.log).toBe(code);
    const reports = join(environment.repository.root, 'reports of it');
    expect(JSON.parse(await textOf(reports, 'check.json'))).toMatchObject({ verdict });
    expect(await textOf(reports, 'check.md')).toMatch(marker);
    expect(await textOf(reports, 'junit.xml')).toMatch('<testsuite');
  });

  it('a base that is not there: exit code 2, and no report, not even of another run', async () => {
    const environment = await environmentWith(described);
    await environment.repository.write(new Map([['tributary-check/check.json', '{}']]));
    const ran = await environment.execute(['sh', script, '--base', 'no-such-ref'], {});
    expect(ran).toMatchObject({ code: 2, log: expect.stringContaining('no commit "no-such-ref"') as string });
    await expect(textOf(environment.repository.root, 'tributary-check/check.json')).rejects.toThrow('ENOENT');
  });
});

describe('github/action.yml', () => {
  it.each(changes)('a change that $name: exit code $code', async ({ change, code }) => {
    const environment = await environmentWith(change);
    const ran = await runCheckStep(environment);
    expect(ran.code, ran.log).toBe(code);
    expect(ran.outputs.get('exit-code')).toBe(String(code));
    expect(ran.summary).toMatch(/^# Before\n[^]{50}/);
    expect(ran.summary).not.toContain(marker);
    expect(await textOf(ran.outputs.get('markdown') ?? '')).toMatch(new RegExp(`^${marker}`));
    expect(JSON.parse(await textOf(ran.outputs.get('sarif') ?? ''))).toMatchObject({ version: '2.1.0' });
    // The report stands between commands that keep the runner from obeying its lines.
    const log = /^::stop-commands::([\da-f]{32})\n([^]*)\n::\1::\n([^]*)$/.exec(ran.log);
    const [, , report = '', annotations = ''] = log ?? [];
    expect(report).toMatch(/^Schema check /m);
    expect(report).not.toMatch(/^\s*::/m);
    expect(/^::error .*file=schemas\/subgraphs\//m.test(annotations)).toBe(code !== 0);
  });

  it('an input is only a value, and exit code 2 has no report', async () => {
    const environment = await environmentWith(described);
    const values = {
      'inputs.base': '"; touch injected-1; "$(touch injected-2)',
      'inputs.usage': '`touch injected-3`',
    };
    const ran = await runCheckStep(environment, values);
    expect(ran).toMatchObject({ code: 2, summary: '# Before\n', outputs: new Map([['exit-code', '2']]) });
    expect(ran.log).toMatch(/^::error title=Schema check::There is no report \(exit code 2\)/m);
    expect(await environment.repository.git('status', '--porcelain')).toBe('');
  });

  it('a base that looks like an option is a base', async () => {
    const ran = await runCheckStep(await environmentWith(described), { 'inputs.base': '--help' });
    expect(ran).toMatchObject({ code: 2, log: expect.stringContaining('no commit "--help"') as string });
  });

  it('counts recorded usage', async () => {
    const environment = await environmentWith(removed);
    const usage = { client: 'mobile', version: '5.0', operation: 'Order', hash: 'm1', calls: 4321 };
    await environment.repository.write(
      new Map([['usage of a week.jsonl', `${JSON.stringify({ ...usage, lastSeen: now() })}\n`]]),
    );
    const ran = await runCheckStep(environment, { 'inputs.usage': 'usage of a week.jsonl' });
    expect(ran.log).toMatch(/broken Order \(mobile 5\.0, 4,321 calls/);
  });

  it('has no expression in a script, and the outputs of the check step', () => {
    const [check, comment] = action.runs.steps;
    expect(`${check.run}${comment.run}`).not.toContain('${{');
    expect(check.id).toBe('check');
    expect(comment.if).toBe('${{ !cancelled() }}');
    const outputs = Object.entries(action.outputs).map(([name, { value }]) => [name, value]);
    expect(outputs).toEqual(
      ['exit-code', 'markdown', 'sarif'].map((name) => [name, `\${{ steps.check.outputs.${name} }}`]),
    );
  });
});

function now(): string {
  return new Date().toISOString();
}

describe('the comment of a pull request', () => {
  const person: Comment = { id: 1, user: { login: 'ada' }, body: `${marker}\nnot the report` };
  const quote: Comment = {
    id: 2,
    user: { login: 'github-actions[bot]' },
    body: `> ${marker}\nanother report`,
  };
  let environment: RecipeEnvironment;

  beforeAll(async () => {
    await installJq();
    environment = await RecipeEnvironment.create(new Map());
  });
  afterAll(() => environment.remove());

  /** Outputs of a check step. */
  async function report(text: string, findings: boolean): Promise<ReadonlyMap<string, string>> {
    const markdown = join(environment.folder, 'a report.md');
    await writeFile(markdown, `${marker}\n${text}\n`);
    return new Map(Object.entries({ markdown, findings: String(findings) }));
  }

  it('is written once, and then updated in place, whoever else has the marker', async () => {
    await environment.setComments([person, quote]);
    const first = await runCommentStep(environment, await report('$(failed) "1"', true));
    expect(first).toEqual({ code: 0, log: 'Wrote a comment\n' });
    const written = { id: 902, user: quote.user, body: `${marker}\n$(failed) "1"\n` };
    expect(await environment.comments()).toEqual([person, quote, written]);

    const second = await runCommentStep(environment, await report('passed', false));
    expect(second).toEqual({ code: 0, log: 'Updated comment 902\n' });
    expect(await environment.comments()).toEqual([
      person,
      quote,
      { ...written, body: `${marker}\npassed\n` },
    ]);
    const calls = await environment.githubCalls();
    expect(calls.map(({ token }) => token)).toEqual(['ghs_token', 'ghs_token', 'ghs_token', 'ghs_token']);
    expect(calls.map(({ args }) => args.slice(0, 4))).toEqual([
      ['api', '--paginate', 'repos/acme/shop/issues/7/comments?per_page=100', '--jq'],
      ['api', '--method', 'POST', 'repos/acme/shop/issues/7/comments'],
      ['api', '--paginate', 'repos/acme/shop/issues/7/comments?per_page=100', '--jq'],
      ['api', '--method', 'PATCH', 'repos/acme/shop/issues/comments/902'],
    ]);
  });

  const headRepository = 'github.event.pull_request.head.repo.full_name';

  it.each([
    ['of a fork', { [headRepository]: 'mallory/shop' }, 'the pull request comes from a fork'],
    ['of a deleted fork', { [headRepository]: '' }, 'the pull request comes from a fork'],
    ['without a token', { 'inputs.token': '' }, 'there is no token'],
    ['of a push', { 'github.event.pull_request.number': '' }, 'this is no pull request'],
    ['that is not asked for', { 'inputs.comment': 'false' }, 'the input comment is not true'],
    ['without a report', { 'steps.check.outputs.markdown': '' }, 'there is no report'],
  ])('%s is not written', async (_, values, reason) => {
    await environment.setComments([]);
    const before = await environment.githubCalls();
    const ran = await runCommentStep(environment, await report('failed', true), values);
    expect(ran).toEqual({ code: 0, log: `No comment: ${reason}\n` });
    expect(await environment.githubCalls()).toEqual(before);
  });

  it('is not begun by a check without findings', async () => {
    await environment.setComments([]);
    const ran = await runCommentStep(environment, await report('passed', false));
    expect(ran).toEqual({ code: 0, log: 'No comment: there are no findings\n' });
    expect(await environment.comments()).toEqual([]);
  });

  it('that GitHub refuses is a warning', async () => {
    await environment.refuseComments();
    const ran = await runCommentStep(environment, await report('failed', true));
    expect(ran.code).toBe(0);
    expect(ran.log).toMatch(/^::warning title=Schema check::The comment could not be written/m);
  });
});

describe('by the schemas of GitHub', () => {
  it.each(['action', 'workflow'] as const)('%s.yml is valid', async (name) => {
    const errorsOf = (await readGithubSchemas())[name];
    const text = await textOf(recipes, 'github', `${name}.yml`);
    expect(errorsOf(text)).toEqual([]);
    // What is wrong would be found: a key, a function.
    expect(errorsOf(text.replace(/^name:/m, 'nmae:'))).not.toEqual([]);
    expect(errorsOf(text.replace('!cancelled()', '!canceled()'))).not.toEqual([]);
  });
});

it('the workflow may do no more than it needs, and gives the action what it has', async () => {
  const workflow = parse(await textOf(recipes, 'github/workflow.yml')) as {
    readonly on: object;
    readonly permissions: object;
    readonly jobs: { readonly 'schema-check': { readonly permissions: object; readonly steps: object[] } };
  };
  expect(workflow.on).toEqual({ pull_request: null });
  expect(workflow.permissions).toEqual({});
  const { permissions, steps } = workflow.jobs['schema-check'];
  expect(permissions).toEqual({ contents: 'read', 'pull-requests': 'write', 'security-events': 'write' });
  expect(steps[0]).toMatchObject({ with: { 'fetch-depth': 0, 'persist-credentials': false } });
  expect(steps).toContainEqual({ id: 'check', uses: './.github/actions/tributary-check' });
  expect(actionFile).toBe(join(recipes, 'github/action.yml'));
});

describe('gitlab/checks.gitlab-ci.yml', () => {
  interface Job {
    readonly variables: Readonly<Record<string, string>>;
    readonly script: readonly string[];
    readonly artifacts: {
      readonly when: string;
      readonly reports: { readonly junit: string; readonly codequality: string };
    };
  }

  async function readJob(): Promise<Job> {
    const file = parse(await textOf(recipes, 'gitlab/checks.gitlab-ci.yml')) as Record<string, Job>;
    return file['tributary-check'] as Job;
  }

  async function runJob(
    environment: RecipeEnvironment,
    values: Readonly<Record<string, string>>,
  ): Promise<Ran> {
    const job = await readJob();
    const variables = {
      CI: 'true',
      GITLAB_CI: 'true',
      CI_PIPELINE_SOURCE: 'merge_request_event',
      CI_MERGE_REQUEST_DIFF_BASE_SHA: await environment.repository.git('rev-parse', 'origin/main'),
      ...job.variables,
      ...values,
    };
    return environment.run(['sh'], `set -e\n${job.script.join('\n')}`, variables);
  }

  it.each(changes)('a change that $name: exit code $code', async ({ change, code }) => {
    const environment = await environmentWith(change);
    const ran = await runJob(environment, {});
    expect(ran.code, ran.log).toBe(code);
    const { reports, when } = (await readJob()).artifacts;
    expect(when).toBe('always');
    const { root } = environment.repository;
    expect(await textOf(root, reports.junit)).toMatch('<testsuite');
    const quality = JSON.parse(await textOf(root, reports.codequality)) as Array<{ severity: string }>;
    const severe = quality.map(({ severity }) => severity).filter((one) => /blocker|critical/.test(one));
    expect(new Set(severe)).toEqual(new Set(code === 0 ? [] : [code === 3 ? 'blocker' : 'critical']));
  });

  it('a variable is only a value', async () => {
    const environment = await environmentWith(described);
    const ran = await runJob(environment, {
      TRIBUTARY_BASE: '"; touch injected-1; "$(touch injected-2)',
      TRIBUTARY_USAGE: '`touch injected-3`',
    });
    expect(ran.code).toBe(2);
    expect(await environment.repository.git('status', '--porcelain')).toBe('');
  });

  it('a merged results pipeline leaves out what the target branch got since', async () => {
    const environment = await environmentWith(described);
    const { repository } = environment;
    const base = await repository.git('rev-parse', 'origin/main');
    const change = await repository.git('rev-parse', 'HEAD');
    await repository.git('checkout', '--quiet', base);
    await repository.commit(removed, 'Another change, that is on the target branch');
    const target = await repository.git('rev-parse', 'HEAD');
    await repository.git('merge', '--quiet', '--no-edit', change);
    // Since this base, a field was removed, which is exit code 1.
    const ofPipeline = { CI_MERGE_REQUEST_DIFF_BASE_SHA: base, CI_MERGE_REQUEST_TARGET_BRANCH_SHA: target };
    const ran = await runJob(environment, ofPipeline);
    expect(ran.code, ran.log).toBe(0);
    expect(ran.log).toContain(`(${target.slice(0, 7)})`);
  });
});

/** Runs the two steps of the composite action `deploy/ci/github/action.yml` as GitHub does, for pull request 7 of acme/shop. */

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { parse } from 'yaml';

import type { Ran, RecipeEnvironment } from './recipe-environment.ts';

export const actionFile = join(import.meta.dirname, '../../../deploy/ci/github/action.yml');

type Texts = Readonly<Record<string, string>>;

interface Step {
  readonly id?: string;
  readonly if?: string;
  readonly run: string;
  readonly shell: string;
  readonly env: Texts;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly steps: readonly [check: Step, comment: Step] };
}

export const action = parse(await readFile(actionFile, 'utf8')) as Action;
const [checkStep, commentStep] = action.runs.steps;

const shells: ReadonlyMap<string, readonly string[]> = new Map([
  ['bash', ['bash', '--noprofile', '--norc', '-eo', 'pipefail']],
]);

/** What expressions of the action mean where nothing else is said. */
const contexts: ReadonlyMap<string, string> = new Map([
  ...Object.entries(action.inputs).map(([name, input]) => [`inputs.${name}`, input.default] as const),
  ['inputs.token', 'ghs_token'],
  ['github.event.pull_request.number', '7'],
  ['github.event.pull_request.head.repo.full_name', 'acme/shop'],
]);

export interface CheckRun extends Ran {
  readonly outputs: ReadonlyMap<string, string>;
  /** Of the job; another step has written a heading before. */
  readonly summary: string;
}

/** @param values Of expressions. */
export async function runCheckStep(environment: RecipeEnvironment, values: Texts = {}): Promise<CheckRun> {
  const output = join(environment.folder, 'output.txt');
  const summary = join(environment.folder, 'summary.md');
  await writeFile(output, '');
  await writeFile(summary, '# Before\n');
  const files = { GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary };
  const ran = await runStep(checkStep, environment, { values, files });
  const lines = (await readFile(output, 'utf8')).matchAll(/^([^=\n]+)=(.*)$/gm);
  const outputs = Array.from(lines, ([, name = '', value = '']) => [name, value] as const);
  return { ...ran, outputs: new Map(outputs), summary: await readFile(summary, 'utf8') };
}

/** @param outputs Of the check step. @param values Of other expressions. */
export function runCommentStep(
  environment: RecipeEnvironment,
  outputs: ReadonlyMap<string, string>,
  values: Texts = {},
): Promise<Ran> {
  const ofCheck = ['markdown', 'findings'].map(
    (name) => [`steps.check.outputs.${name}`, outputs.get(name) ?? ''] as const,
  );
  return runStep(commentStep, environment, {
    values: { ...Object.fromEntries(ofCheck), ...values },
    files: {},
  });
}

async function runStep(
  { shell, run, env }: Step,
  environment: RecipeEnvironment,
  { values, files }: { readonly values: Texts; readonly files: Texts },
): Promise<Ran> {
  const variables = {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_BASE_REF: 'main',
    GITHUB_REPOSITORY: 'acme/shop',
    GITHUB_WORKSPACE: environment.repository.root,
    RUNNER_TEMP: join(environment.folder, 'temporary files'),
    ...files,
  };
  await mkdir(variables.RUNNER_TEMP, { recursive: true });
  const command = shells.get(shell);
  if (command === undefined) throw new Error(`shell ${shell}: not expected`);
  const given = new Map([...contexts, ...Object.entries(values)]);
  const ofStep = Object.entries(env).map(([name, text]) => [name, withValues(text, given)] as const);
  return environment.run(command, run, { ...variables, ...Object.fromEntries(ofStep) });
}

function withValues(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(/\$\{\{ (.+?) \}\}/g, (_, expression: string) => {
    const value = values.get(expression);
    if (value === undefined) throw new Error(`${expression} has no value`);
    return value;
  });
}

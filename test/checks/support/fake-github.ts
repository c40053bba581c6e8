/**
 * Stands for `gh api` with the comments of one pull request, in `comments.json` of a folder: lists, adds and updates them.
 * `--jq` is what jq makes of it. Arguments are added to `calls.jsonl`. If `comments.json` is not there, every request is
 * refused, as without permission.
 */

import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

interface Comment {
  readonly id: number;
  readonly user: { readonly login: string };
  readonly body: string;
}

const [folder = '', ...args] = process.argv.slice(2);
const file = join(folder, 'comments.json');
appendFileSync(
  join(folder, 'calls.jsonl'),
  `${JSON.stringify({ args, token: process.env.GH_TOKEN ?? '' })}\n`,
);

const { values, positionals } = parseArgs({
  args,
  allowPositionals: true,
  options: {
    method: { type: 'string', default: 'GET' },
    paginate: { type: 'boolean' },
    jq: { type: 'string' },
    field: { type: 'string' },
    silent: { type: 'boolean' },
  },
});
const [command, endpoint = ''] = positionals;
if (command !== 'api' || !existsSync(file)) {
  process.stderr.write('gh: Resource not accessible by integration (HTTP 403)\n');
  process.exit(1);
}

const comments = JSON.parse(readFileSync(file, 'utf8')) as readonly Comment[];
const list = /^repos\/acme\/shop\/issues\/7\/comments(?:\?per_page=100)?$/;
const one = /^repos\/acme\/shop\/issues\/comments\/(\d+)$/;

if (values.method === 'GET' && list.test(endpoint)) {
  const filtered = spawnSync('jq', ['-r', values.jq ?? '.'], {
    input: JSON.stringify(comments),
    encoding: 'utf8',
  });
  if (filtered.status !== 0) throw new Error(`jq: ${filtered.error?.message ?? filtered.stderr}`);
  process.stdout.write(filtered.stdout);
} else if (values.method === 'POST' && list.test(endpoint)) {
  save([...comments, { id: 900 + comments.length, user: { login: 'github-actions[bot]' }, body: body() }]);
} else if (values.method === 'PATCH' && one.test(endpoint)) {
  const id = Number(one.exec(endpoint)?.[1]);
  save(comments.map((comment) => (comment.id === id ? { ...comment, body: body() } : comment)));
} else {
  throw new Error(`${values.method} ${endpoint}: not expected`);
}

/** Of `--field body=@FILE`. */
function body(): string {
  const [, path = ''] = /^body=@(.+)$/.exec(values.field ?? '') ?? [];
  return readFileSync(path, 'utf8');
}

function save(changed: readonly Comment[]): void {
  writeFileSync(file, JSON.stringify(changed));
}

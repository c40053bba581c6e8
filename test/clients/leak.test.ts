/**
 * A client that looks for what its contract hides, on graphs nobody wrote: no hidden name may be in any response to it, nor
 * in the log of its requests, unless the request itself contained it.
 *
 * `TRIBUTARY_SEED` repeats a run, `TRIBUTARY_NIGHTLY=1` makes it 30 times as long.
 */

import { join } from 'node:path';

import { expect, it } from 'vitest';

import { folderWith } from '../support/folder.ts';
import { servedAt, tributary } from '../support/tributary.ts';
import { Dice } from './contract/random/dice.ts';
import { guessing, validOperations, type ClientOperation } from './leak/client-operations.ts';
import { itemsQuery, namesIn, secretSchema, type SecretSchema } from './leak/secret-schema.ts';
import { clientFiles } from './support/client-gateway.ts';

const isNightly = process.env['TRIBUTARY_NIGHTLY'] === '1';
const seed = Number(process.env['TRIBUTARY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const graphs = 3 * (isNightly ? 30 : 1);
const validPerGraph = 40;
const guessesPerGraph = 160;
const together = 8;

const tally = {
  graphs: 0,
  hiddenNames: 0,
  operations: 0,
  answered: 0,
  refused: 0,
  suggestions: 0,
  hiddenMembers: 0,
  serviceErrors: 0,
  logLines: 0,
  bytes: 0,
};

it(
  'nothing that a client gets names what its contract hides',
  async () => {
    for (let next = seed; tally.graphs < graphs; next += 1) {
      const dice = new Dice(next);
      const graph = secretSchema(dice);
      if (!graph) continue;
      tally.graphs += 1;
      tally.hiddenNames += graph.hiddenNames.length;
      await lookForLeaks(graph, dice, next);
    }
    console.log(`Looked for leaks, TRIBUTARY_SEED=${seed}: ${JSON.stringify(tally)}`);
    const { graphs: _, ...counts } = tally;
    for (const [what, count] of Object.entries(counts)) expect([what, count > 0]).toEqual([what, true]);
  },
  isNightly ? 3_600_000 : 300_000,
);

async function lookForLeaks(graph: SecretSchema, dice: Dice, graphSeed: number): Promise<void> {
  const { files, keyOf } = clientFiles({
    ...graph.things,
    others: { more: graph.more },
    clients: { web: graph.contract, staff: 'contract: {}\n', anonymous: graph.contract },
    settings: ['errors: { backendMessages: pass, suggestions: true }'],
    log: '{ level: debug, backendMessages: redact, refusedLinesPerSecondMax: 1000000, slowOperationMs: 1 }',
  });
  const folder = await folderWith(files);
  const gateway = tributary(
    ['serve', '--graph', join(folder, 'graph.yaml'), '--config', join(folder, 'gateway.yaml'), '--port', '0'],
    { environment: { NODE_ENV: 'development' } },
  );
  const url = await servedAt(gateway);
  const hidden = new Set(graph.hiddenNames);
  const valid = validOperations(graph.view.schema, graphSeed, validPerGraph);
  const [first, ...others] = valid as [ClientOperation, ...ClientOperation[]];
  const guesses = Array.from({ length: guessesPerGraph }, () =>
    guessing(dice.oneOf([first, ...others]), graph, dice),
  );
  const items = Array.from({ length: 4 }, () => ({ query: itemsQuery, variables: {} }));
  const operations = [...valid, ...guesses, ...items];
  const sent = new Map<string, string>();
  const ask = async (index: number, operation: ClientOperation): Promise<void> => {
    const id = `web-${index}`;
    const body = JSON.stringify(operation);
    sent.set(id, body);
    // The other client asks for the same, so that anything of it that is kept would show.
    if (index % 4 === 0) await post(url, body, keyOf('staff'));
    const text = await post(url, body, { ...keyOf('web'), 'x-request-id': id });
    count(text);
    expectNoLeak(text, body, { hidden, label: `TRIBUTARY_SEED=${graphSeed}, a response` });
  };
  for (let start = 0; start < operations.length; start += together)
    await Promise.all(
      operations.slice(start, start + together).map((operation, i) => ask(start + i, operation)),
    );
  gateway.child.kill('SIGTERM');
  const { stdout, stderr } = await gateway.ended();
  expect(stderr).toBe('');
  for (const line of stdout.trim().split('\n')) {
    const body = bodyOf(line, sent);
    if (body === null) continue;
    tally.logLines += 1;
    expectNoLeak(withoutServiceTexts(line), body, { hidden, label: `TRIBUTARY_SEED=${graphSeed}, the log` });
  }
}

/** @returns Status, headers and body. */
async function post(url: string, body: string, headers: Record<string, string>): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', ...headers },
    body,
  });
  return `${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`;
}

function count(text: string): void {
  tally.operations += 1;
  tally.bytes += text.length;
  if (text.includes('{"data":{')) tally.answered += 1;
  else tally.refused += 1;
  if (text.includes('Did you mean')) tally.suggestions += 1;
  if (text.includes('not part of the schema')) tally.hiddenMembers += 1;
  if (text.includes('answered with an error')) tally.serviceErrors += 1;
}

function expectNoLeak(
  text: string,
  sent: string,
  { hidden, label }: { readonly hidden: ReadonlySet<string>; readonly label: string },
): void {
  const known = new Set(namesIn(sent));
  const leaks = namesIn(text).filter((name) => hidden.has(name) && !known.has(name));
  if (leaks.length > 0) expect.fail(`${label} has ${leaks.join()}:\n${text}\nof ${sent}`);
}

/** What the request that a line of the log belongs to sent; null where it is a request of the other client. */
function bodyOf(line: string, sent: ReadonlyMap<string, string>): string | null {
  const { requestId } = JSON.parse(line) as { readonly requestId?: string };
  return requestId === undefined ? '' : (sent.get(requestId) ?? null);
}

/** A failed field is logged with what is wrong about it, for those who run its service. */
function withoutServiceTexts(line: string): string {
  const { message: _, cause: __, reason: ___, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const { msg } = rest;
  return JSON.stringify(msg === 'field failed' || msg === 'fields failed' ? rest : JSON.parse(line));
}

/** The table of rules has each rule that a finding can have, in words that can be read. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { describeRule, ruleDescriptions } from '../../src/checks/rules.ts';
import { checkRules, lintRuleNames } from '../../src/config/checks/rules.ts';

const folder = join(import.meta.dirname, '../../src/checks');

/** Put together of two words in `impact/values.ts`. */
const composed = ['argument', 'input-field'].flatMap((element) => [
  `${element}-default-added`,
  `${element}-became-required`,
  `${element}-type-changed`,
  `required-${element}-added`,
]);

/** Reasons of operations that no finding has as its rule. */
const reasonsAlone = new Set(['invalid-before']);

let named: ReadonlySet<string>;
let source: string;

beforeAll(async () => {
  const files = await readdir(folder, { recursive: true });
  const sources = files.filter((file) => /(?<!\.test)\.ts$/.test(file) && !file.startsWith('rules'));
  const texts = await Promise.all(sources.map((file) => readFile(join(folder, file), 'utf8')));
  source = texts.join('\n');
  const rules = [...source.matchAll(/(?:\brule: |\b(?:broken|affected)\()'([a-z-]+)'/g)];
  named = new Set([
    ...rules.map(([, name = '']) => name).filter((name) => !reasonsAlone.has(name)),
    ...composed,
  ]);
});

describe('the table', () => {
  it('has each rule that findings are made with', () => {
    expect(named.size).toBeGreaterThan(50);
    expect([...named].filter((name) => !ruleDescriptions.has(name))).toEqual([]);
  });

  it('has each rule whose severity checks.yaml can change', () => {
    const configured = [...checkRules.keys(), ...lintRuleNames];
    expect(configured.length).toBeGreaterThan(90);
    expect(configured.filter((name) => !ruleDescriptions.has(name))).toEqual([]);
  });

  it('has no other', () => {
    const configured = new Set<string>([...checkRules.keys(), ...lintRuleNames]);
    expect(
      [...ruleDescriptions.keys()].filter(
        (name) => !named.has(name) && !configured.has(name) && !source.includes(`'${name}'`),
      ),
    ).toEqual([]);
  });
});

it.each([...ruleDescriptions])('%s has a title without an end mark, and sentences', (name, description) => {
  expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
  expect(description.title).toMatch(/^[A-Z].*[^.]$/);
  expect(description.description).toMatch(/^[A-Z].*\.$/);
  expect(description.wayOut).toMatch(/^[A-Z].*\.$/);
});

it.each(['rule-of-a-newer-version', 'constructor', '__proto__', ''])('describes %j by its name', (name) => {
  expect(describeRule(name).title).toBe(`Rule ${name}`);
});

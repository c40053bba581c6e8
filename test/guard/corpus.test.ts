/** Hostile documents end where the corpus says, at a cost in proportion to their length. */
import { parse } from 'graphql';
import { afterAll, describe, expect, it } from 'vitest';

import type { GuardLimits } from '../../src/config/gateway/guard-limits.ts';
import { expand } from '../../src/operation/guard/expansion.ts';
import { guardDocument } from '../../src/operation/guard/guard.ts';
import { readOutline } from '../../src/operation/guard/outline.ts';
import { isGatewayError } from '../../src/shared/errors.ts';
import { corpus, type HostileDocument } from './corpus.ts';
import { CountingText } from './counting-text.ts';
import { guardLimitDefaults } from './default-limits.ts';

/** A character is read when it is recognised, as part of a name or a comment, and when bytes are counted. */
const readsPerCharacterMax = 5;
const rounds = 5;
let worst = { name: '', cpuMs: 0 };

it('has at least 60 documents, each with a name of its own', () => {
  expect(new Set(corpus.map(({ name }) => name)).size).toBe(corpus.length);
  expect(corpus.length).toBeGreaterThanOrEqual(60);
});

describe.each(corpus)('$name', (document) => {
  const text = document.make(document.size);

  it(`is ${document.expected}`, () => {
    const began = process.cpuUsage();
    for (let round = 0; round < rounds; round += 1) guardDocument(text, guardLimitDefaults);
    const { user, system } = process.cpuUsage(began);
    const cpuMs = (user + system) / 1000 / rounds;
    if (cpuMs > worst.cpuMs) worst = { name: document.name, cpuMs };

    const verdict = guardDocument(text, guardLimitDefaults);
    if (verdict.is !== 'refused') {
      expect(verdict.is).toBe(document.expected);
      return;
    }
    expect(verdict.error.code).toBe(document.expected);
    expect(isGatewayError(verdict.error) && verdict.error.httpStatus).toBe(400);
    expect(verdict.error.message.length).toBeLessThan(500);
  });

  it('costs work in proportion to its length, also where no limit stops the guard', () => {
    const once = workOf(document, 1);
    expect(once.work).toBeLessThanOrEqual(readsPerCharacterMax * once.length + 100);
    // Fragments that all spread all grow with the square of their number, and so does their text.
    const twice = workOf(document, 2);
    expect(twice.work).toBeLessThanOrEqual(readsPerCharacterMax * twice.length + 100);
  });

  if (document.expected === 'unreadable') {
    it('is refused by graphql-js', () => {
      expect(() => parse(text)).toThrow('Syntax Error');
    });
  }
});

afterAll(() => {
  console.log(`Most CPU for one document: ${worst.cpuMs.toFixed(2)} ms, ${worst.name}`);
});

function workOf({ make, size }: HostileDocument, times: number): { work: number; length: number } {
  const text = new CountingText(make(size * times));
  const verdict = guardDocument(text.asString(), guardLimitDefaults);
  const reads = text.reads;
  expect(reads).toBeLessThanOrEqual(readsPerCharacterMax * text.length + 100);
  expect(verdict.is).toMatch(/accepted|refused|unreadable/);

  const unlimited = new CountingText(make(size * times));
  const outline = readOutline(unlimited.asString(), noLimits);
  const steps = outline.is === 'read' ? expand(outline.definitions).steps : 0;
  return { work: unlimited.reads + steps, length: unlimited.length };
}

const noLimits = Object.fromEntries(
  Object.keys(guardLimitDefaults).map((name) => [name, Number.MAX_SAFE_INTEGER]),
) as GuardLimits;

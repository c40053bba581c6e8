/** The reference of commands has every option that their help has, and no other. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import type { Command } from '../../src/cli/arguments.ts';
import { check } from '../../src/cli/check.ts';
import { diff } from '../../src/cli/diff.ts';
import { lint } from '../../src/cli/lint.ts';
import { override } from '../../src/cli/override.ts';

const reference = join(import.meta.dirname, '../../docs/reference/commands.md');

it.each<[string, Command]>([
  ['check', check],
  ['diff', diff],
  ['lint', lint],
  ['override', override],
])('%s', async (name, command) => {
  const text = await readFile(reference, 'utf8');
  const [, section = ''] = new RegExp(`^## ${name}\\n([^]*?)(?=^## )`, 'm').exec(text) ?? [];
  const inHelp = Array.from(command.help.matchAll(/^ {2}(--[a-z-]+)/gm), ([, option]) => option);
  const inSection = Array.from(section.matchAll(/`(--[a-z-]+)/g), ([, option]) => option);
  expect(inHelp.length).toBeGreaterThan(4);
  expect(new Set([...inSection, '--help'])).toEqual(new Set(inHelp));
});

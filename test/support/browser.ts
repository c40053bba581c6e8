/** A real Chromium for tests: CHROMIUM_PATH, else one of this machine, else one from apt-get. */

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

import { type Browser, chromium } from 'playwright-core';

import { installPackage } from './debian-packages.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const places = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
/** It is larger than others. */
const installTimeoutMs = 300_000;

/** @returns undefined, said loudly, where there is no Chromium and none can be installed. */
export async function chromiumPath(): Promise<string | undefined> {
  const found = find();
  if (found !== undefined) return found;
  const problem = await install();
  const installed = find();
  if (installed === undefined) {
    const advice = 'Install it (Debian: apt-get install chromium) or set CHROMIUM_PATH.';
    console.warn(`\n*** SKIPPED: the tests in a real browser: ${problem}. ${advice} ***\n`);
  }
  return installed;
}

/** Only what the page asks for goes over the network. */
export function launch(executablePath: string): Promise<Browser> {
  const quiet = ['--no-first-run', '--disable-background-networking', '--disable-component-update'];
  // Chromium refuses to sandbox itself as root.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({
    executablePath,
    headless: true,
    args: ['--disable-gpu', '--disable-sync', ...quiet, ...sandbox],
  });
}

function find(): string | undefined {
  const given = process.env.CHROMIUM_PATH;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const onPath = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...(given ? [given] : []), ...onPath, ...places].find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @returns What stood in the way, if anything. */
async function install(): Promise<string> {
  try {
    await installPackage('chromium', (problem) => problem, installTimeoutMs);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

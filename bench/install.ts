/** Readies what is compared: the peers, which the project itself does not depend on, and our own compiled code. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const installTimeoutMs = 600_000;

/** @throws When npm fails; it has said why. */
export function installPeers(): void {
  if (existsSync(new URL('node_modules/.package-lock.json', import.meta.url))) return;
  console.log('Installing the gateways to compare with into bench/node_modules (once, about a minute) ...');
  npm(folder, ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
}

/** Compiles the project into dist/, as production runs it. @throws When that fails; it has said why. */
export function buildOurs(): void {
  npm(fileURLToPath(new URL('..', import.meta.url)), ['run', '--silent', 'build']);
}

function npm(cwd: string, args: readonly string[]): void {
  const { status } = spawnSync('npm', args, {
    cwd,
    stdio: 'inherit',
    timeout: installTimeoutMs,
    // This Node and not the one npm was started with.
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` },
  });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed`);
}

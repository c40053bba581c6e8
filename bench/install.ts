/** Installs the peers into bench/node_modules on the first run; the project itself does not depend on them. */

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
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: 'inherit',
    timeout: installTimeoutMs,
    // This Node and not the one npm was started with.
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` },
  });
  if (status !== 0) throw new Error('npm ci in bench/ failed');
}

/** Installs programs that tests need and the machine lacks, on Debian as root; elsewhere the failure says what to do. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export const installTimeoutMs = 240_000;

/**
 * @param advice What is said when it cannot be installed, after the reason.
 * @param timeoutMs For each of two commands.
 * @throws {Error}
 */
export async function installPackage(
  name: string,
  advice: (problem: string) => string,
  timeoutMs = installTimeoutMs,
): Promise<void> {
  const problem = `there is no ${name}`;
  if (process.getuid?.() !== 0) throw new Error(advice(problem));
  const options = { timeout: timeoutMs, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  // Another test may be installing something else.
  const wait = ['-o', 'DPkg::Lock::Timeout=120'];
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...wait, name];
  try {
    console.warn(`No ${name} here: installing it with apt-get.`);
    await promisify(execFile)('apt-get', ['update', '-qq', ...wait], options);
    await promisify(execFile)('apt-get', install, options);
  } catch (cause) {
    throw new Error(advice(`${problem}, and apt-get cannot install it`), { cause });
  }
}

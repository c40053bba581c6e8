/**
 * Updates a file that other processes read and update concurrently: a lock file admits one writer at a time, and an
 * atomic rename lets readers see either the old or the new text, also after a crash.
 */

import { randomBytes } from 'node:crypto';
import { open, readFile, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const lockWaitMs = 5000;
const lockPollMs = 20;
const ownerOnly = 0o600;

/** Why a file was not changed; its message is for the operator. */
export class FileNotChanged extends Error {
  override readonly name = 'FileNotChanged';
}

/**
 * @param change Receives the text, or undefined without a file; returns the new text, or undefined to change nothing.
 * @throws {FileNotChanged} With what to do about it. Errors of `change` are passed on.
 */
export async function updateFile(
  path: string,
  change: (text: string | undefined) => string | undefined,
  waitMs = lockWaitMs,
): Promise<void> {
  // Replaces the target of a symbolic link, not the link.
  const target = await realpath(path).catch(() => path);
  const lock = `${target}.lock`;
  await acquireLock(lock, waitMs);
  try {
    const changed = change(await readIfExists(target));
    if (changed !== undefined) await replaceFile(target, changed, { durable: true });
  } finally {
    await rm(lock, { force: true });
  }
}

/** Atomic; keeps owner and permissions. `durable`: the new text also survives a crash of the machine. */
export async function replaceFile(
  path: string,
  text: string,
  { durable }: { readonly durable: boolean },
): Promise<void> {
  // An unpredictable name that must not exist: nobody can have put a symbolic link there.
  const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', ownerOnly);
    try {
      await file.writeFile(text);
      await keepOwner(path, file);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    if (durable) await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw notChanged(path, error);
  }
}

async function acquireLock(lock: string, waitMs: number): Promise<void> {
  const deadlineAtMs = performance.now() + waitMs;
  for (;;) {
    try {
      const file = await open(lock, 'wx', ownerOnly);
      // For the message of `lockError` only: the lock is the file itself.
      await file.writeFile(`${process.pid} on ${hostname()}\n`).catch(() => {});
      await file.close();
      return;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw notChanged(lock, error);
    }
    if (performance.now() > deadlineAtMs) throw await lockError(lock);
    await wait(lockPollMs);
  }
}

async function lockError(lock: string): Promise<FileNotChanged> {
  const holder = (await readFile(lock, 'utf8').catch(() => '')).trim().slice(0, 200);
  const owner = holder === '' ? 'another process' : `process ${holder}`;
  return new FileNotChanged(
    `${lock} is held by ${owner}: try again, or remove that file if the process has ended`,
  );
}

async function readIfExists(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw notChanged(path, error);
  }
}

/** The gateway may run as a different user than the command. */
async function keepOwner(path: string, file: FileHandle): Promise<void> {
  const before = await stat(path).catch(() => undefined);
  if (!before) return;
  const created = await file.stat();
  if (before.uid !== created.uid || before.gid !== created.gid) await file.chown(before.uid, before.gid);
  await file.chmod(before.mode & 0o777);
}

/** Best effort: not every file system can, and the file itself is written already. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function notChanged(path: string, error: unknown): FileNotChanged {
  if (error instanceof FileNotChanged) return error;
  const code = codeOf(error);
  const reason = code === 'ENOENT' ? 'its folder does not exist' : (code ?? String(error));
  return new FileNotChanged(`${path} cannot be written (${reason})`, { cause: error });
}

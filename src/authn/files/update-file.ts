/**
 * Changes a file that others read and change at the same time: one writer at a time, by a lock file beside it, and
 * readers see the old text or the new one, whole, also after a crash.
 */

import { randomBytes } from 'node:crypto';
import { open, readFile, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const lockWaitMs = 5000;
const lockPollMs = 20;
const ownerOnly = 0o600;

/** Why a file was not changed, for people. */
export class FileNotChanged extends Error {
  override readonly name = 'FileNotChanged';
}

/**
 * @param change Gets the text, or undefined where there is no file yet; gives the new one, or undefined to leave it.
 * @throws {FileNotChanged} With what to do about it. Whatever `change` throws.
 */
export async function updateFile(
  path: string,
  change: (text: string | undefined) => string | undefined,
  waitMs = lockWaitMs,
): Promise<void> {
  // What a link points to is replaced, not the link.
  const place = await realpath(path).catch(() => path);
  const lock = `${place}.lock`;
  await take(lock, waitMs);
  try {
    const changed = change(await readIfThere(place));
    if (changed !== undefined) await replaceFile(place, changed, { durable: true });
  } finally {
    await rm(lock, { force: true });
  }
}

/** Whole or not at all; who may read it stays as it was. `durable`: also after a crash of the machine. */
export async function replaceFile(
  path: string,
  text: string,
  { durable }: { readonly durable: boolean },
): Promise<void> {
  // Nobody can have put a link there: the name is new, and it must not exist.
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

async function take(lock: string, waitMs: number): Promise<void> {
  const deadlineAtMs = performance.now() + waitMs;
  for (;;) {
    try {
      const file = await open(lock, 'wx', ownerOnly);
      // It only helps whoever finds it: the lock is the file itself.
      await file.writeFile(`${process.pid} on ${hostname()}\n`).catch(() => {});
      await file.close();
      return;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw notChanged(lock, error);
    }
    if (performance.now() > deadlineAtMs) throw await locked(lock);
    await wait(lockPollMs);
  }
}

async function locked(lock: string): Promise<FileNotChanged> {
  const holder = (await readFile(lock, 'utf8').catch(() => '')).trim().slice(0, 200);
  const who = holder === '' ? 'another process' : `process ${holder}`;
  return new FileNotChanged(
    `${lock} is held by ${who}: try again, or remove that file where the process is gone`,
  );
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw notChanged(path, error);
  }
}

/** The gateway may run as somebody else than the person at the terminal. */
async function keepOwner(path: string, file: FileHandle): Promise<void> {
  const before = await stat(path).catch(() => undefined);
  if (!before) return;
  const now = await file.stat();
  if (before.uid !== now.uid || before.gid !== now.gid) await file.chown(before.uid, before.gid);
  await file.chmod(before.mode & 0o777);
}

/** Not every file system can; the file itself is there already. */
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

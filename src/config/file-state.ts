/** Detects changes of a file without reading it: overwritten, replaced, or a symbolic link pointed elsewhere. */

import { stat } from 'node:fs/promises';

export const missingFile = 'missing';

/** Differs after every change. Take it before reading the file, so that the next check detects a change in between. */
export async function fileState(path: string): Promise<string> {
  try {
    const { mtimeMs, ctimeMs, size, ino } = await stat(path);
    return `${mtimeMs} ${ctimeMs} ${size} ${ino}`;
  } catch {
    return missingFile;
  }
}

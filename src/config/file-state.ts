/** Tells, without reading it, whether a file has changed: written over, replaced, or reached by another link. */

import { stat } from 'node:fs/promises';

export const missingFile = 'missing';

/** Another text for another state. Take it before the file is read: a change in between is then seen by the next look. */
export async function fileState(path: string): Promise<string> {
  try {
    const { mtimeMs, ctimeMs, size, ino } = await stat(path);
    return `${mtimeMs} ${ctimeMs} ${size} ${ino}`;
  } catch {
    return missingFile;
  }
}

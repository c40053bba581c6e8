/** Finds resolver modules: the source when running from source, what was compiled from it when running compiled. */

import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * @param path Absolute path as graph.yaml says it.
 * @param runningUrl The address of the running code; tests pass another.
 */
export function resolverModulePath(path: string, runningUrl: string = import.meta.url): string {
  const isCompiled = runningUrl.endsWith('.js');
  if (!isCompiled || !path.endsWith('.ts')) return path;
  // This file is src/config/graph-paths.ts or dist/config/graph-paths.js: the package is two folders up.
  const packageRoot = fileURLToPath(new URL('../../', runningUrl));
  const sources = `${packageRoot}src${sep}`;
  if (!path.startsWith(sources)) return path;
  return `${packageRoot}dist${sep}${path.slice(sources.length, -'.ts'.length)}.js`;
}

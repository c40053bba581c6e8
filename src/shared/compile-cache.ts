/** Keeps compiled code on disk: see `module.enableCompileCache` of Node. */

import { enableCompileCache } from 'node:module';

/** For what this process loads from now on, and for its threads and children. */
export function keepCompiledCode(): void {
  // Threads and children go by the environment alone.
  if (process.env.NODE_COMPILE_CACHE) return;
  const { directory } = enableCompileCache();
  if (directory !== undefined) process.env.NODE_COMPILE_CACHE = directory;
}

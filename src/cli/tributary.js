#!/usr/bin/env node
/** The `tributary` command: TypeScript as it is in a checkout, compiled code where the package is installed. */

import { existsSync } from 'node:fs';
// As a whole: the names in it differ between the versions of Node.
import module from 'node:module';

const oldestNode = 24;
if (Number.parseInt(process.versions.node, 10) < oldestNode) {
  console.error(
    `Tributary needs Node ${oldestNode} or newer, and this is ${process.version}: run npx --no -- tributary`,
  );
  process.exit(1);
}
module.enableCompileCache?.();
const inCheckout =
  existsSync(new URL('./main.ts', import.meta.url)) && !import.meta.url.includes('/node_modules/');
await import(inCheckout ? './main.ts' : '../../dist/cli/main.js');

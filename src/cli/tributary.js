#!/usr/bin/env node
/** The `tributary` command: runs the TypeScript source in a checkout, the compiled code in an installed package. */

import { existsSync } from 'node:fs';

const nodeVersionMin = 24;
if (Number.parseInt(process.versions.node, 10) < nodeVersionMin) {
  console.error(
    `Tributary needs Node ${nodeVersionMin} or newer, but this is ${process.version}: run npx --no -- tributary`,
  );
  process.exit(1);
}
const inCheckout =
  existsSync(new URL('./main.ts', import.meta.url)) && !import.meta.url.includes('/node_modules/');
await import(inCheckout ? './main.ts' : '../../dist/cli/main.js');

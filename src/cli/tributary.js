#!/usr/bin/env node
/** The `tributary` command: TypeScript as it is in a checkout, compiled code where the package is installed. */

import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';

enableCompileCache?.();
const inCheckout =
  existsSync(new URL('./main.ts', import.meta.url)) && !import.meta.url.includes('/node_modules/');
await import(inCheckout ? './main.ts' : '../../dist/cli/main.js');

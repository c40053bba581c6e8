/** The `tributary` command line: one file per command, listed in `commands`. */

import { readFile } from 'node:fs/promises';

import { didYouMean } from '../config/yaml/suggest.ts';
import { keepCompiledCode } from '../shared/compile-cache.ts';
import { runCommand, type Command } from './arguments.ts';

keepCompiledCode();

const commands: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serve,
  dev: async () => (await import('./dev.ts')).dev,
  demo: async () => (await import('./demo.ts')).demo,
  compose: async () => (await import('./compose.ts')).compose,
  check: async () => (await import('./check.ts')).check,
  diff: async () => (await import('./diff.ts')).diff,
  lint: async () => (await import('./lint.ts')).lint,
  override: async () => (await import('./override.ts')).override,
  client: async () => (await import('./client.ts')).clientCommands,
  contract: async () => (await import('./contract.ts')).contract,
  'explain-auth': async () => (await import('./explain-auth.ts')).explainAuth,
  tokens: async () => (await import('./tokens.ts')).tokens,
  keys: async () => (await import('./keys.ts')).keys,
  limits: async () => (await import('./limits.ts')).limits,
  'debug-token': async () => (await import('./debug-token.ts')).debugToken,
};

const [name, ...args] = process.argv.slice(2);
const code = await dispatch();
// Waits until the output is written, not for timers or connections that resolver modules may have opened.
if (code !== undefined) process.stdout.write('', () => process.exit(code));

async function dispatch(): Promise<number | undefined> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    console.log(await overview());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === 'version') {
    console.log(await version());
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command) return runCommand(name, await command(), args);
  const names = Object.keys(commands);
  console.error(`tributary: no command "${name}"${didYouMean(name, names)}; commands: ${names.join(', ')}`);
  return 2;
}

async function overview(): Promise<string> {
  const lines: string[] = [];
  for (const [command, load] of Object.entries(commands))
    lines.push(`  ${command.padEnd(14)}${(await load()).summary}`);
  return `Usage: tributary COMMAND [options]\n\n${lines.join('\n')}\n\ntributary COMMAND --help describes a command; tributary --version prints the version.`;
}

/** The version in package.json, which is two folders up from both the source and the compiled code. */
async function version(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

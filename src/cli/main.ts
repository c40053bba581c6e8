/** The `tributary` command line: one file a command, listed in `commands`. */

import { runCommand, type Command } from './arguments.ts';
import { compose } from './compose.ts';
import { demo } from './demo.ts';
import { serve } from './serve.ts';

const commands: Readonly<Record<string, Command>> = { serve, demo, compose };

const [name, ...args] = process.argv.slice(2);
process.exitCode = await dispatch();

async function dispatch(): Promise<number | undefined> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    console.log(overview());
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command) return runCommand(name, command, args);
  console.error(`tributary: no command "${name}"; commands: ${Object.keys(commands).join(', ')}`);
  return 2;
}

function overview(): string {
  const lines = Object.entries(commands).map(([command, { summary }]) => `  ${command.padEnd(10)}${summary}`);
  return `Usage: tributary COMMAND [options]\n\n${lines.join('\n')}\n\ntributary COMMAND --help says more.`;
}

/** `tributary debug-token`: makes a token for the header that asks what the gateway did for a request. */

import { debugUsesMax, signDebugToken } from '../authn/debug/debug-tokens.ts';
import { debugHeader } from '../config/gateway/debug.ts';
import { loadGatewayConfig } from '../config/gateway/gateway-config.ts';
import { CommandFailed, exitCodes, flagText, readFlags, UsageError, type Command } from './arguments.ts';
import { readDuration } from './times.ts';

const lifetimeDefault = '10m';

export const debugToken: Command = {
  summary: 'make a token that asks what the gateway did for a request',
  help: `Usage: tributary debug-token --config FILE [--for TIME] [--uses N]

Prints a token for the request header ${debugHeader}. The answer to a request that presents it has \`extensions.debug\`:
the plan, every call with its times, and why a field is null. It shows what clients must not see: keep it to yourself.

  --config FILE   gateway.yaml, with debug.secret
  --for TIME      how long it is valid, such as 45s, 10m or 1h (default: ${lifetimeDefault})
  --uses N        how many requests may present it, to one process (default: 1; at most ${debugUsesMax})
  --help          print this help

  curl -s http://127.0.0.1:4000/graphql -H 'content-type: application/json' \\
    -H "${debugHeader}: $(tributary debug-token --config gateway.yaml)" -d '{"query":"{ __typename }"}'

Exit codes: 0 done, 1 the configuration is invalid or has no debug.secret, 2 usage error.`,

  async run(args) {
    const flags = readFlags(args, {
      config: { type: 'string' },
      for: { type: 'string' },
      uses: { type: 'string' },
    });
    const path = flagText(flags['config']);
    if (path === undefined) throw new UsageError('expected --config FILE');
    const lifetimeMs = readDuration(flagText(flags['for']) ?? lifetimeDefault, '--for');
    const uses = readUses(flagText(flags['uses']) ?? '1');
    const { debug } = await loadGatewayConfig(path);
    if (!debug) throw new CommandFailed(`${path} has no debug.secret: debug tokens are switched off`);
    const lifetimeSeconds = Math.round(lifetimeMs / 1000);
    if (lifetimeSeconds < 1 || lifetimeSeconds > debug.lifetimeSecondsMax)
      throw new UsageError(
        `--for must be from 1s to ${debug.lifetimeSecondsMax}s (debug.lifetimeSecondsMax)`,
      );
    console.log(await signDebugToken(debug, { lifetimeSeconds, uses }, Date.now()));
    return exitCodes.ok;
  },
};

/** @throws {UsageError} */
function readUses(input: string): number {
  const uses = /^\d{1,4}$/.test(input) ? Number(input) : 0;
  if (uses >= 1 && uses <= debugUsesMax) return uses;
  throw new UsageError(`--uses must be a number from 1 to ${debugUsesMax}, got "${input}"`);
}

/**
 * What limits cost a small request of a running gateway, whose counters are in memory.
 *
 *     node bench/limits-in-place.ts [windows of each, default 40]
 */

import { compareInPlace } from './in-place.ts';

const quiet = 'log: { level: silent }\nmetrics: { enabled: false }\n';
/** So high that nothing is refused. */
const limit = 1_000_000_000;
const policies = `
    network: { key: [address], limit: ${limit} }
    caller: { key: [principal], limit: ${limit} }
    points: { key: [principal], unit: points, limit: ${limit} }`;

await compareInPlace({
  what: 'limits',
  windows: Number(process.argv[2] ?? 40),
  gateways: [
    { name: 'no policy applies', config: quiet },
    { name: 'the same again', config: quiet },
    { name: 'a policy at each gate', config: `${quiet}limits:\n  policies:${policies}` },
    { name: 'the same without headers', config: `${quiet}limits:\n  headers: false\n  policies:${policies}` },
  ],
});

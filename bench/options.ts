/** The flags of the benchmark. */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { binaryNames } from './gateway-kind.ts';
import { gatewayKinds } from './gateways.ts';
import { routers } from './peers/routers.ts';
import { studies, workloads } from './workloads.ts';

export interface Options {
  readonly quick: boolean;
  readonly workloads: readonly string[];
  readonly gateways: readonly string[];
  /** Executables, by name. */
  readonly binaries: ReadonlyMap<string, string>;
  readonly rounds: number;
  readonly windowMs: number;
  /** Of `memory`. */
  readonly minutes: number;
  readonly warmUpMs: number;
  readonly connections: number;
  /** Of each backend, before it answers. */
  readonly delayMs: number;
  /** Write every row here. */
  readonly json: string | undefined;
  /** Profile this gateway instead of comparing. */
  readonly profile: string | undefined;
  /** Measure how cost grows instead of comparing. */
  readonly scaling: boolean;
  /** Measure what a second worker process costs instead of comparing. */
  readonly workersScaling: boolean;
}

const allWorkloads: readonly string[] = [...workloads, ...studies].map(({ name }) => name);
const onDemand = studies.filter((study) => study.onDemand === true).map(({ name }) => name);
const slowInQuick = ['unique', 'local'];
const quickGateways = ['stock', 'hive', 'ours'];

export const help = `Usage: npm run bench -- [options]

  --quick             all workloads but ${slowInQuick.join(' and ')}, of ${quickGateways.join(', ')} and binaries; 2 rounds of 2 s
  --workloads A,B     of ${allWorkloads.join(', ')}
                      (default: all but ${onDemand.join(', ')})
  --gateways A,B      of ${gatewayKinds.map(({ name }) => name).join(', ')}
                      (default: all that start without being asked for)
  --binary NAME=PATH  an executable of ${binaryNames.join(', ')}; may be given several times.
                      Without its own a gateway is left out; cosmo needs wgc, too
  --rounds N          measured windows of each gateway and workload (default: 3)
  --seconds N         length of a window (default: 5)
  --minutes N         how long memory looks at each gateway (default: 10)
  --connections N     requests in flight (default: 50)
  --delay-ms N        each backend waits this long before it answers (default: 0)
  --json FILE         write every row
  --profile GATEWAY   where that gateway's CPU time goes, by function
  --workers-scaling   what a second worker process of Tributary costs
  --scaling           cost by size of the answer and by number of types, of Tributary alone
  --help              print this`;

/** @returns Undefined when help was asked for. @throws For wrong use, in words for the user. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      workloads: { type: 'string' },
      gateways: { type: 'string' },
      binary: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      minutes: { type: 'string' },
      connections: { type: 'string' },
      'delay-ms': { type: 'string' },
      json: { type: 'string' },
      profile: { type: 'string' },
      scaling: { type: 'boolean', default: false },
      'workers-scaling': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const { quick } = values;
  const usual = gatewayKinds.filter(({ onDemand }) => onDemand !== true).map(({ name }) => name);
  const known = gatewayKinds.map(({ name }) => name);
  const usualWorkloads = allWorkloads.filter(
    (name) => !onDemand.some((each) => each === name) && !(quick && slowInQuick.includes(name)),
  );
  return {
    quick,
    workloads: names('workloads', values.workloads, allWorkloads, usualWorkloads),
    gateways: names(
      'gateways',
      values.gateways,
      known,
      quick ? [...quickGateways, ...routers.map(({ name }) => name)] : usual,
    ),
    binaries: binariesIn(values.binary),
    rounds: whole('rounds', values.rounds, quick ? 2 : 3),
    windowMs: whole('seconds', values.seconds, quick ? 2 : 5) * 1000,
    minutes: whole('minutes', values.minutes, 10),
    warmUpMs: 1000,
    connections: whole('connections', values.connections, 50),
    delayMs: whole('delay-ms', values['delay-ms'], 0),
    json: values.json,
    profile: values.profile === undefined ? undefined : names('profile', values.profile, known, [])[0],
    scaling: values.scaling,
    workersScaling: values['workers-scaling'],
  };
}

function names(
  flag: string,
  given: string | undefined,
  known: readonly string[],
  usual: readonly string[],
): readonly string[] {
  if (given === undefined) return usual;
  const asked = given.split(',');
  const wrong = asked.find((name) => !known.includes(name));
  if (wrong !== undefined) throw new Error(`--${flag}: no "${wrong}"; there is ${known.join(', ')}`);
  return asked;
}

function binariesIn(given: readonly string[]): ReadonlyMap<string, string> {
  const binaries = new Map<string, string>();
  for (const each of given) {
    const [, name = '', path = ''] = /^([^=]+)=(.+)$/.exec(each) ?? [];
    names('binary', name, binaryNames, []);
    if (!existsSync(path)) throw new Error(`--binary ${name}: there is no file "${path}"`);
    binaries.set(name, resolve(path));
  }
  return binaries;
}

function whole(flag: string, given: string | undefined, usual: number): number {
  if (given === undefined) return usual;
  // Only the delay may be nothing.
  const least = flag === 'delay-ms' ? 0 : 1;
  if (/^\d{1,5}$/.test(given) && Number(given) >= least) return Number(given);
  throw new Error(`--${flag} must be a whole number from ${least}, got "${given}"`);
}

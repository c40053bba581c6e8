/** Which operations count: all that are registered, and those of recorded usage that are sent often enough. */

import type { ChecksPolicy, TrafficThresholds } from '../../config/checks/checks-file.ts';
import type { OperationImpact } from '../report.ts';

export interface PolicyClient {
  readonly name: string;
  /** The team to ask. */
  readonly owner: string;
  /** How many of its operations are known, registered or by usage. */
  readonly operations: number;
  /** Of all of its operations together, in the time that recorded usage covers. 0: no usage is recorded. */
  readonly calls: number;
}

type KnownOperation = OperationImpact['operation'];

const dayMs = 86_400_000;

export interface TrafficOptions {
  readonly policy: Pick<ChecksPolicy, 'traffic' | 'excludedClients'>;
  readonly clients: readonly PolicyClient[];
  readonly now: Date;
}

export class Traffic {
  readonly #options: TrafficOptions;
  readonly #excluded: ReadonlySet<string>;
  readonly #callsOf: ReadonlyMap<string, number>;
  readonly #thresholdsOf: ReadonlyMap<string, TrafficThresholds>;
  readonly #calls: number;

  constructor(options: TrafficOptions) {
    const { policy, clients } = options;
    this.#options = options;
    this.#excluded = new Set(policy.excludedClients);
    this.#callsOf = new Map(clients.map(({ name, calls }) => [name, calls]));
    this.#thresholdsOf = new Map(policy.traffic.perClient.map((own) => [own.client, own]));
    this.#calls = clients
      .filter(({ name }) => !this.#excluded.has(name))
      .reduce((sum, { calls }) => sum + calls, 0);
  }

  isExcluded(client: string): boolean {
    return this.#excluded.has(client);
  }

  /** Whether any operation is known, by which the use of an element can be judged; of all clients that count, if null. */
  isKnown(client: string | null): boolean {
    return this.#options.clients.some(
      ({ name, operations }) =>
        operations > 0 && (client === null ? !this.#excluded.has(name) : name === client),
    );
  }

  counts({ client, file, calls, lastSeenAt }: KnownOperation): boolean {
    if (this.#excluded.has(client)) return false;
    // It may be in an application that was just released, without a call so far.
    if (file !== null) return true;
    if (!this.isRecent(lastSeenAt)) return false;
    // Without a number nothing says that it is rare.
    if (calls === null) return true;
    const { traffic } = this.#options.policy;
    const ofClient = this.#thresholdsOf.get(client) ?? traffic;
    return passes(calls, this.#calls, traffic) || passes(calls, this.#callsOf.get(client) ?? calls, ofClient);
  }

  /** Without a date nothing says that it is not. */
  isRecent(lastSeenAt: string | null): boolean {
    const { policy, now } = this.#options;
    const time = lastSeenAt === null ? NaN : Date.parse(lastSeenAt);
    return Number.isNaN(time) || now.getTime() - time <= policy.traffic.lastSeenDays * dayMs;
  }
}

function passes(calls: number, all: number, { minimumCalls, minimumPercent }: TrafficThresholds): boolean {
  return calls >= minimumCalls && calls * 100 >= minimumPercent * all;
}

/** Clients that send new operations, and nothing but new ones: honest ones after a start, and attackers. For tests and benchmarks. */

import { ask } from './ask.ts';
import { slowOperation } from './slow-graph.ts';

export interface Asked {
  readonly status: number;
  /** Of the first error. */
  readonly code: string | null;
  readonly tookMs: number;
}

/** What a page of an application asks for, over several subgraphs of the slow graph; `seed` makes it another operation. */
export function pageOperation(seed: string): string {
  const quick = [0, 1, 2].map((i) => `quick${i}`).join(' ');
  return `query Page_${seed} {
    header: t { id f own0 u { own1 f } }
    list: t { f t { id own2 } }
    ${quick}
    footer_${seed}: quick0
  }`;
}

export interface BurstOptions {
  readonly operations: number;
  readonly inFlight: number;
  /** Where the client is, behind a proxy that the gateway trusts. */
  readonly from: string;
  readonly seed: string;
}

/** One client that sends so many different operations, so many at a time. */
export async function burst(url: string, options: BurstOptions): Promise<Asked[]> {
  const { operations, inFlight, from, seed } = options;
  const asked: Asked[] = [];
  let sent = 0;
  const lane = async (): Promise<void> => {
    while (sent < operations) asked.push(await askFrom(url, from, pageOperation(`${seed}${(sent += 1)}`)));
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return asked;
}

export interface SiegeOptions {
  readonly attackers: number;
  /** Of each of them. */
  readonly inFlight: number;
  readonly durationMs: number;
  /** Between two operations of the victim. */
  readonly victimEveryMs: number;
}

export interface Siege {
  readonly victim: readonly Asked[];
  readonly attackers: readonly Asked[];
}

/** Attackers at as many addresses plan as much as they may, every other one slow operations, beside one honest client. */
export async function siege(url: string, options: SiegeOptions): Promise<Siege> {
  const { attackers: count, inFlight, durationMs, victimEveryMs } = options;
  const endMs = performance.now() + durationMs;
  const attackers: Asked[] = [];
  let sent = 0;
  const attack = async (attacker: number): Promise<void> => {
    while (performance.now() < endMs) {
      const seed = `x${(sent += 1)}_`;
      const query = attacker % 2 === 0 ? slowOperation(20, seed) : pageOperation(seed);
      const startedAtMs = performance.now();
      const asked = await askFrom(url, `198.51.100.${attacker + 1}`, query).catch(() => undefined);
      const tookMs = performance.now() - startedAtMs;
      attackers.push(asked ?? { status: 0, code: 'the client gave up', tookMs });
    }
  };
  const attacks = Array.from({ length: count * inFlight }, (_, i) => attack(i % count));
  const victim: Array<Promise<Asked>> = [];
  while (performance.now() < endMs) {
    victim.push(askFrom(url, '192.0.2.1', pageOperation(`v${victim.length}`)));
    await new Promise((resolve) => setTimeout(resolve, victimEveryMs));
  }
  const [asked] = await Promise.all([Promise.all(victim), ...attacks]);
  return { victim: asked, attackers };
}

/** Lines of gateway.yaml by which clients are told apart by `from`. */
export const toldApart = ['server:', '  trustedProxies: [127.0.0.1]'];

async function askFrom(url: string, from: string, query: string): Promise<Asked> {
  const startedAtMs = performance.now();
  // On a busy machine a connection that is kept may be closed while the next request is on its way.
  const headers = { 'x-forwarded-for': from, connection: 'close' };
  const { status, errors } = await ask(url, query, { headers });
  const code = errors?.[0]?.extensions['code'];
  return {
    status,
    code: typeof code === 'string' ? code : null,
    tookMs: performance.now() - startedAtMs,
  };
}

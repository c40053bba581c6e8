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
  /** Default: `pageOperation`. */
  readonly documentOf?: (seed: string) => string;
}

/** One client that sends so many different documents, so many at a time. */
export async function burst(url: string, options: BurstOptions): Promise<Asked[]> {
  const { operations, inFlight, from, seed, documentOf = pageOperation } = options;
  const asked: Asked[] = [];
  let sent = 0;
  const lane = async (): Promise<void> => {
    while (sent < operations) asked.push(await askFrom(url, from, documentOf(`${seed}${(sent += 1)}`)));
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return asked;
}

export interface SteadyClientOptions {
  readonly from: string;
  readonly seed: string;
  readonly everyMs: number;
}

/** One client that sends a new operation every so often until it is ended. */
export class SteadyClient {
  readonly #asked: Array<Promise<Asked>> = [];
  readonly #timer: NodeJS.Timeout;

  constructor(url: string, { from, seed, everyMs }: SteadyClientOptions) {
    const send = (): void =>
      void this.#asked.push(askFrom(url, from, pageOperation(`${seed}${this.#asked.length}`)));
    send();
    this.#timer = setInterval(send, everyMs);
  }

  /** Operations so far. */
  get sent(): number {
    return this.#asked.length;
  }

  end(): Promise<Asked[]> {
    clearInterval(this.#timer);
    return Promise.all(this.#asked);
  }
}

export interface AttackOptions {
  readonly attackers: number;
  /** Of each of them. */
  readonly inFlight: number;
  readonly durationMs: number;
}

/** Attackers at as many addresses plan as much as they may, every other one slow operations, until they are ended. */
export function attack(
  url: string,
  { attackers, inFlight, durationMs }: AttackOptions,
): { readonly over: Promise<Asked[]>; end(): void } {
  let endMs = performance.now() + durationMs;
  const asked: Asked[] = [];
  let sent = 0;
  const lane = async (attacker: number): Promise<void> => {
    while (performance.now() < endMs) {
      const seed = `x${(sent += 1)}_`;
      const query = attacker % 2 === 0 ? slowOperation(20, seed) : pageOperation(seed);
      const startedAtMs = performance.now();
      const answer = await askFrom(url, `198.51.100.${attacker + 1}`, query).catch(() => undefined);
      const tookMs = performance.now() - startedAtMs;
      asked.push(answer ?? { status: 0, code: 'the client gave up', tookMs });
    }
  };
  const lanes = Array.from({ length: attackers * inFlight }, (_, i) => lane(i % attackers));
  return { over: Promise.all(lanes).then(() => asked), end: () => (endMs = 0) };
}

export interface SiegeOptions extends AttackOptions {
  /** Between two operations of the victim. */
  readonly victimEveryMs: number;
}

export interface Siege {
  readonly victim: readonly Asked[];
  readonly attackers: readonly Asked[];
}

/** Attackers beside one honest client. */
export async function siege(url: string, options: SiegeOptions): Promise<Siege> {
  const { over } = attack(url, options);
  const victim = new SteadyClient(url, { from: '192.0.2.1', seed: 'v', everyMs: options.victimEveryMs });
  await new Promise((resolve) => setTimeout(resolve, options.durationMs));
  const [asked, attackers] = await Promise.all([victim.end(), over]);
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

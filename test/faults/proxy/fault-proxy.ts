/**
 * A TCP proxy that breaks things: stands before any service on a port of its own, and its faults are switched while it
 * runs, for connections that are open as well as for new ones.
 */

import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { CallCounter } from './call-counter.ts';
import { Lane } from './lane.ts';
import { laneToxics, type Cut, type Toxic } from './toxics.ts';

export interface FaultProxyOptions {
  /** Where the service listens. */
  readonly port: number;
  /** For jitter. Default `Math.random`. */
  readonly random?: () => number;
}

export interface ProxyCounts {
  /** Connections accepted since the start. */
  readonly accepted: number;
  readonly open: number;
  /** HTTP requests and gRPC calls that clients sent, whether or not they got through. */
  readonly calls: number;
  readonly requestBytes: number;
  readonly answerBytes: number;
}

export interface FaultProxy {
  readonly port: number;
  readonly counts: ProxyCounts;
  /** Replaces the toxics there are; done once the listener is as it shall be. */
  set(...toxics: readonly Toxic[]): Promise<void>;
  /** Takes every toxic away. */
  heal(): Promise<void>;
  /** Connections are reset, the port is free. */
  close(): Promise<void>;
}

const host = '127.0.0.1';
const listenRetryMs = 20;
const listenTriesMax = 100;

export async function openFaultProxy({
  port: target,
  random = Math.random,
}: FaultProxyOptions): Promise<FaultProxy> {
  const connections = new Set<Connection>();
  const totals = { accepted: 0, calls: 0, requestBytes: 0, answerBytes: 0 };
  let toxics: readonly Toxic[] = [];
  let server: Server | undefined;
  let port = 0;
  /** Switches one after the other: a listener is never closed while it opens. */
  let switching = Promise.resolve();

  function accept(client: Socket): void {
    totals.accepted += 1;
    const connection = new Connection(client, {
      target,
      random,
      toxics,
      totals,
      onClosed: () => connections.delete(connection),
    });
    connections.add(connection);
  }

  async function listen(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        server = await listening(port, accept);
        port = (server.address() as AddressInfo).port;
        return;
      } catch (error) {
        // While nobody listened the system may have lent the port to somebody's outgoing connection.
        if (tries === listenTriesMax) throw error;
        await sleep(listenRetryMs);
      }
    }
  }

  async function stopListening(): Promise<void> {
    const closing = server;
    server = undefined;
    const closed = closing && new Promise((resolve) => closing.close(resolve));
    for (const connection of connections) connection.reset();
    await closed;
  }

  async function apply(next: readonly Toxic[]): Promise<void> {
    const forgets = toxics.some((toxic) => toxic.kind === 'blackhole' && toxic.forgets === true);
    if (forgets) for (const connection of connections) connection.forget();
    toxics = next;
    for (const connection of connections) connection.setToxics(next);
    const refuses = next.some(({ kind }) => kind === 'refuse');
    if (refuses) await stopListening();
    else if (!server) await listen();
  }

  async function change(next: readonly Toxic[]): Promise<void> {
    switching = switching.then(() => apply(next));
    await switching;
  }

  await listen();
  return {
    get port() {
      return port;
    },
    get counts() {
      return { ...totals, open: connections.size };
    },
    set: (...next) => change(next),
    heal: () => change([]),
    close: () => switching.then(stopListening),
  };
}

async function listening(port: number, accept: (client: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return server;
}

interface ConnectionOptions {
  readonly target: number;
  readonly random: () => number;
  readonly toxics: readonly Toxic[];
  readonly totals: { calls: number; requestBytes: number; answerBytes: number };
  readonly onClosed: () => void;
}

class Connection {
  readonly #client: Socket;
  readonly #service: Socket;
  readonly #requests: Lane;
  readonly #answers: Lane;
  readonly #onClosed: () => void;
  /** Held for ever, whatever the toxics say. */
  #isForgotten = false;
  #isHeld = false;
  #isClosed = false;

  constructor(client: Socket, { target, random, toxics, totals, onClosed }: ConnectionOptions) {
    const service = connect({ port: target, host, allowHalfOpen: true, noDelay: true });
    const calls = new CallCounter();
    const onCut = (cut: Cut): void => this.#cut(cut);
    this.#client = client;
    this.#service = service;
    this.#onClosed = onClosed;
    this.#requests = new Lane(laneToxics(toxics, 'request'), {
      from: client,
      to: service,
      random,
      onCut,
      onBytes: (bytes) => (totals.requestBytes += bytes),
    });
    this.#answers = new Lane(laneToxics(toxics, 'answer'), {
      from: service,
      to: client,
      random,
      onCut,
      onBytes: (bytes) => (totals.answerBytes += bytes),
    });
    this.setToxics(toxics);

    client.on('data', (bytes: Buffer) => {
      const before = calls.calls;
      calls.requestBytes(bytes);
      totals.calls += calls.calls - before;
      this.#requests.push(bytes);
    });
    service.on('data', (bytes: Buffer) => {
      calls.answerBytes();
      this.#answers.push(bytes);
    });
    // A client that leaves is no longer there to be held; a service's end is held like its bytes.
    client.on('end', () => (this.#isHeld ? this.reset() : this.#requests.end()));
    service.on('end', () => this.#answers.end());
    for (const socket of [client, service]) {
      socket.on('error', () => this.reset());
      socket.on('close', () => this.#closedOn(socket));
    }
  }

  setToxics(toxics: readonly Toxic[]): void {
    this.#isHeld = this.#isForgotten || toxics.some(({ kind }) => kind === 'blackhole');
    if (this.#isForgotten) return;
    this.#requests.setToxics(laneToxics(toxics, 'request'));
    this.#answers.setToxics(laneToxics(toxics, 'answer'));
  }

  forget(): void {
    this.#isForgotten = true;
    const held = laneToxics([{ kind: 'blackhole' }], 'answer');
    this.#requests.setToxics(held);
    this.#answers.setToxics(held);
  }

  reset(): void {
    this.#close((socket) => {
      // A socket that is still connecting has nothing to reset.
      if (socket.connecting) socket.destroy();
      else socket.resetAndDestroy();
    });
  }

  #cut({ kind }: Cut): void {
    if (kind === 'reset') {
      this.reset();
      return;
    }
    this.#close((socket) => {
      socket.end();
      socket.destroySoon();
    });
  }

  #closedOn(socket: Socket): void {
    const other = socket === this.#client ? this.#service : this.#client;
    const isFlushed = socket === this.#client ? true : this.#answers.isIdle;
    // What the service still had to say arrives, however late, before the client sees the end.
    if (isFlushed || other.destroyed) this.#close((one) => one.destroy());
  }

  #close(end: (socket: Socket) => void): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#requests.close();
    this.#answers.close();
    for (const socket of [this.#client, this.#service]) if (!socket.destroyed) end(socket);
    this.#onClosed();
  }
}

/**
 * The TLS listener. Renewed certificates apply to new connections; open connections go on. But if the authorities for
 * client certificates change, clients must authenticate again: idle connections are closed at once, the others after
 * their next response.
 */

import type { RequestListener } from 'node:http';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { Socket } from 'node:net';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { secureOptions, type TlsTexts } from './tls.ts';

export class TlsListener {
  readonly #config: GatewayConfig['server'];
  #tls: TlsTexts;
  #server: Server | undefined;
  /** Counts changes of the authorities, and for each connection how many there had been when it began. */
  #changes = 0;
  readonly #changesAtStart = new WeakMap<Socket, number>();

  constructor(tls: TlsTexts, config: GatewayConfig['server']) {
    this.#tls = tls;
    this.#config = config;
  }

  open(options: ServerOptions, listener: RequestListener): Server {
    const server = createServer(
      { ...options, ...secureOptions(this.#tls, this.#config) },
      (request, response) => {
        if (this.#changes > 0 && this.#changesAtStart.get(request.socket) !== this.#changes)
          response.shouldKeepAlive = false;
        listener(request, response);
      },
    );
    if (this.#tls.clientCa !== undefined)
      server.on('secureConnection', (socket) => this.#changesAtStart.set(socket, this.#changes));
    this.#server = server;
    return server;
  }

  renew(tls: TlsTexts): void {
    const hasOtherAuthorities = tls.clientCa !== this.#tls.clientCa;
    this.#tls = tls;
    this.#server?.setSecureContext(secureOptions(tls, this.#config));
    if (!hasOtherAuthorities) return;
    this.#changes += 1;
    this.#server?.closeIdleConnections();
  }
}

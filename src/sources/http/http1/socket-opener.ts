/** Opens connections to one origin, plain or over TLS. */

import { connect, isIP, type LookupFunction, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

import type { TlsMaterial } from '../../../config/gateway/transport.ts';

export interface SocketTarget {
  readonly url: URL;
  readonly lookup: LookupFunction;
  readonly tls: TlsMaterial;
}

export interface SocketOpener {
  /** Emitted when the connection can be used. */
  readonly openEvent: 'connect' | 'secureConnect';
  /** @throws {Error} Settings that TLS cannot use, such as a broken certificate. */
  open(onread: OnReadOpts): Socket;
}

const keepAliveProbeMs = 60_000;

export function socketOpener({ url, lookup, tls }: SocketTarget): SocketOpener {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const isSecure = url.protocol === 'https:';
  const port = Number(url.port || (isSecure ? 443 : 80));
  const { servername = isIP(host) === 0 ? host : undefined, ...material } = tls;
  /** The last one that the service gave: the next handshake is shorter. */
  let session: Buffer | undefined;

  function openTls(onread: OnReadOpts): Socket {
    const options: ConnectionOptions & { readonly onread: OnReadOpts } = {
      host,
      port,
      lookup,
      onread,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      ...defined({ ...material, servername, session }),
    };
    return connectTls(options).on('session', (given: Buffer) => {
      session = given;
    });
  }

  return {
    openEvent: isSecure ? 'secureConnect' : 'connect',
    open(onread) {
      const socket = isSecure ? openTls(onread) : connect({ host, port, lookup, onread });
      return socket.setNoDelay(true).setKeepAlive(true, keepAliveProbeMs);
    },
  };
}

type Defined<Value> = { [Name in keyof Value]?: Exclude<Value[Name], undefined> };

/** Without what is undefined, which is not the same as absent to TLS. */
function defined<Value extends object>(value: Value): Defined<Value> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Defined<Value>;
}

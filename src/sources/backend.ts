/** One service as an HTTP source sees it: how to send, and the policies that every call of it goes through. */

import type { ServiceTransport } from '../config/gateway/transport.ts';
import { plainService, type Service } from '../resilience/service.ts';
import type { HttpSend, HttpTransport } from './http/transport.ts';

export interface Backend {
  readonly service: Service;
  readonly send: HttpSend;
}

export function backendOf(
  service: Service,
  transport: HttpTransport,
  settings?: Partial<ServiceTransport>,
): Backend {
  const send = transport.service(service.name, settings, (listener) => service.replicas.onLost(listener));
  return { service, send };
}

export interface PlainBackendOptions {
  readonly name: string;
  /** Replicas of one service; at least one. */
  readonly urls: readonly string[];
  /** Default 5 000; the request's deadline may be sooner. */
  readonly timeoutMs?: number;
}

/** A service without a policy but its timeout. */
export function plainBackend(options: PlainBackendOptions, transport: HttpTransport): Backend {
  return backendOf(plainService(options), transport);
}

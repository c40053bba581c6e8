/** One service as an HTTP source sees it: how to send, and the policies that every call of it goes through. */

import type { ServiceTransport } from '../config/gateway/transport.ts';
import type { Service } from '../resilience/service.ts';
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

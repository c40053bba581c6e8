/** A service with its policies before a transport made of code; time is a number that tests move by hand. */

import { policiesSchema, policyOf } from '../../src/config/gateway/policies.ts';
import { newCall, type CallContext, type CallKind } from '../../src/resilience/call.ts';
import { fixedEndpoints } from '../../src/resilience/endpoints.ts';
import { CallFailure, type Outcome } from '../../src/resilience/outcome.ts';
import { Service } from '../../src/resilience/service.ts';
import { Events, type GatewayEvents } from '../../src/shared/events.ts';
import { requestContext } from '../support/context.ts';

export interface GivenOptions {
  /** 0 to 1. Default: always the middle. */
  readonly random?: () => number;
  /** As under `policies.services.<name>`; retries are off unless it says otherwise. */
  readonly policy?: object;
  readonly replicas?: ReadonlyArray<{ readonly url: string; readonly zone?: string }>;
}

export interface Asked {
  readonly kind?: CallKind;
  readonly idempotencyKey?: string;
}

export function givenService(given: GivenOptions = {}) {
  const { policy = {}, replicas = [{ url: 'http://only' }], random = () => 0.5 } = given;
  let now = 1_000_000;
  const clock = (): number => now;
  const events = new Events();
  const changes: Array<GatewayEvents['breakerChanged']> = [];
  events.on('breakerChanged', (change) => changes.push(change));
  const policies = policiesSchema.parse({ defaults: { retries: { max: 0 } }, services: { shop: policy } });
  const options = { ...policyOf(policies, 'graphql', 'shop') };
  const service = new Service(options, { name: 'shop', clock, random, events });
  service.replicas.follow(fixedEndpoints(replicas));
  const sent: CallContext[] = [];
  /** What the backend does, by replica. */
  let behave: (call: CallContext) => Promise<string> = () => Promise.resolve('fine');
  const send = service.stack<string, string>((_request, call) => {
    sent.push(call);
    return behave(call);
  });
  return {
    service,
    sent,
    changes,
    events,
    forward: (ms: number): void => void (now += ms),
    /** From now on each call does that. */
    backend: (next: typeof behave): void => void (behave = next),
    call({ kind = 'query', idempotencyKey }: Asked = {}): Promise<string> {
      const request = requestContext();
      const call = newCall({ ...request, deadlineAtMs: now + 10_000 }, kind, idempotencyKey ?? null);
      return send('{ a }', call);
    },
    /** The code of each refusal, or `fine`. */
    async calls(count: number, asked: Asked = {}): Promise<string[]> {
      const results: string[] = [];
      for (let one = 0; one < count; one += 1) results.push(await this.call(asked).catch(codeOf));
      return results;
    },
  };
}

export function failing(outcome: Outcome, more: { nothingSent?: boolean; retryAfterMs?: number } = {}) {
  return (): Promise<string> =>
    Promise.reject(new CallFailure('SERVICE_BAD_RESPONSE', `it failed: ${outcome}`, { outcome, ...more }));
}

export function codeOf(error: unknown): string {
  return error instanceof CallFailure ? error.code : String(error);
}

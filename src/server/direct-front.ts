/** The direct front: no schema on this thread, nothing between the HTTP request and the gateway. The default. */

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { Gateway } from '../gateway.ts';
import { shownCode } from '../response/graphql-errors.ts';
import { toHttpAnswer } from '../response/http.ts';
import type { Respond } from './front.ts';

export function directFront(gateway: Gateway, config: GatewayConfig): Respond {
  return async (received, mediaType) => {
    const answered = await gateway.answer(received);
    const { errors } = answered.answer;
    const [first] = errors;
    return {
      ...toHttpAnswer(answered, mediaType, config.errors),
      operationName: answered.name,
      operationKind: answered.kind,
      errors: errors.length,
      keep: answered.keep,
      code: first ? shownCode(first, config.errors) : null,
    };
  };
}

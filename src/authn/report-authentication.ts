/** Emits an event for each authentication: what proved who sent the request, or why it did not pass. */

import type { AuthenticatedRequest } from '../pipeline/request.ts';
import { isGatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';
import type { Authenticate } from './authenticate.ts';

export function withReport(authenticate: Authenticate, events: Events): Authenticate {
  const passed = (request: AuthenticatedRequest): AuthenticatedRequest => {
    events.emit('requestAuthenticated', { outcome: request.principal.provenBy });
    return request;
  };
  const failed = (error: unknown): never => {
    const isRefused = isGatewayError(error) && error.code === 'UNAUTHENTICATED';
    events.emit('requestAuthenticated', { outcome: isRefused ? 'refused' : 'unavailable' });
    throw error;
  };
  return (head, http) => {
    try {
      const request = authenticate(head, http);
      return request instanceof Promise ? request.then(passed, failed) : passed(request);
    } catch (error) {
      return failed(error);
    }
  };
}

/** What gRPC and the gateway call the same thing: status codes as error codes, forwarded headers as metadata. */

import { Metadata, type ServiceError, status } from '@grpc/grpc-js';

import type { CallContext } from '../../resilience/call.ts';
import type { CallFailure } from '../../resilience/outcome.ts';
import type { CauseNote } from '../../shared/errors.ts';
import { isHeaderValue } from '../../shared/header-values.ts';
import type { HeaderRules, SentHeaders } from '../headers/request-header-rules.ts';
import { badResponse, refused, timedOut, unavailable, unusable } from '../failures.ts';

export function isNotFound(error: ServiceError): boolean {
  return error.code === status.NOT_FOUND;
}

/** @param nothingSent The call never had a connection. */
export function statusError(service: string, failed: ServiceError, nothingSent = false): CallFailure {
  // Its message repeats what the service said.
  const error = Object.assign(failed, { isServiceText: true } satisfies CauseNote);
  switch (error.code) {
    case status.UNAVAILABLE:
      return unavailable(service, error, { nothingSent });
    case status.DEADLINE_EXCEEDED:
      return timedOut(service, error, nothingSent ? { outcome: 'connect', nothingSent } : {});
    case status.CANCELLED:
      // Who asked is still there: the service gave the call up, as one does that shuts down.
      return unavailable(service, error, { outcome: 'server-error' });
    case status.RESOURCE_EXHAUSTED:
      if (isTooLarge(error)) return badResponse(service, error, { outcome: 'too-large' });
      return unavailable(service, error, { outcome: 'busy' });
    default:
      if (isUndecodable(error)) return badResponse(service, error);
      return refused(service, {
        message: error.details,
        code: status[error.code],
        cause: error,
        outcome: brokenCodes.has(error.code) && !isClientError(error) ? 'server-error' : 'answered',
      });
  }
}

/** What a server says when it is not well; other codes are answers. */
const brokenCodes: ReadonlySet<status> = new Set([status.INTERNAL, status.UNKNOWN, status.DATA_LOSS]);

/** grpc-js reports bytes that do not decode, and messages above the limit, in words only. */
function isUndecodable({ code, details }: ServiceError): boolean {
  return code === status.INTERNAL && details.startsWith('Response message parsing error');
}

/** Such as headers that are too large, which grpc-js gives a code of gRPC: as over HTTP, no failure of the service. */
function isClientError({ details }: ServiceError): boolean {
  return details.startsWith('Received HTTP status code 4');
}

function isTooLarge({ details }: ServiceError): boolean {
  return /^Received message (larger than max|that decompresses to a size larger)/.test(details);
}

/** Metadata of the protocol itself; a client's headers must not set it. */
const reserved =
  /^(:|grpc-|content-|te$|host$|connection$|user-agent$|accept-encoding$|transfer-encoding$)|-bin$/;
const legalName = /^[0-9a-z_.-]+$/;
/** Of metadata that is not binary: less than a header of HTTP may have, and grpc-js throws for more. */
const printable = /^[ -~]*$/;

/** @throws {GatewayError} `BAD_USER_INPUT` for a value that no metadata can have. */
export function metadataOf(
  service: string,
  { request: context, span }: Pick<CallContext, 'request' | 'span'>,
  rules: HeaderRules,
): Metadata {
  const metadata = new Metadata();
  const sent: SentHeaders = {};
  rules(context, sent);
  context.trace.addHeaders(sent, span);
  for (const [name, value] of Object.entries(sent)) {
    if (!legalName.test(name) || reserved.test(name)) continue;
    if (!isHeaderValue(value) || !printable.test(value)) throw unusable(service, name);
    metadata.set(name, value);
  }
  metadata.set('x-request-id', context.requestId);
  return metadata;
}

/** Addresses of receivers of OTLP, in gateway.yaml and in OpenTelemetry's environment variables. */

import { z } from 'zod';

/** Over HTTP: the gateway does not send OTLP by gRPC. */
export const otlpAddress = z.url({
  protocol: /^https?$/,
  error: 'expected the address of a receiver of OTLP over HTTP, such as http://localhost:4318',
});

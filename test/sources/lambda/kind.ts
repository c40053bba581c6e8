/**
 * An example of a kind of source: functions invoked by name over HTTP, in the manner of AWS Lambda's Invoke API.
 *
 * docs/how-to/custom-source.md explains it.
 */

import type { RequestContext } from '../../../src/pipeline/request.ts';
import type { CallKind } from '../../../src/resilience/call.ts';
import { type AnswerTools, defineSource } from '../../../src/sources/custom/custom-source.ts';
import type { HttpResponse } from '../../../src/sources/http/transport.ts';

export interface LambdaSource {
  /** @returns What the function returned, not checked further. */
  invoke(name: string, payload: unknown, invocation: Invocation, context: RequestContext): Promise<unknown>;
}

export interface Invocation {
  /** Only the caller knows whether a function may run twice. */
  readonly kind: CallKind;
  readonly idempotencyKey?: string;
}

export const source = defineSource<LambdaSource>({
  open({ options, sender }) {
    const { qualifier, ...unknown } = options;
    const [stranger] = Object.keys(unknown);
    if (stranger !== undefined) throw new Error(`unknown option "${stranger}"; the only one is "qualifier"`);
    if (qualifier !== undefined && typeof qualifier !== 'string')
      throw new Error('expected option "qualifier" to be the name of a version, such as "live"');
    const query = qualifier === undefined ? {} : { Qualifier: qualifier };
    const send = sender(resultOf);
    return {
      invoke: (name, payload, invocation, context) =>
        send(
          {
            ...invocation,
            method: 'POST',
            template: '/2015-03-31/functions/:name/invocations',
            params: { name },
            query,
            headers: { 'x-amz-invocation-type': 'RequestResponse' },
            body: payload,
          },
          context,
        ),
    };
  },
});

function resultOf(response: HttpResponse, answers: AnswerTools): unknown {
  const { status, headers } = response;
  // Throttled: for this API a passing failure, and another try is worth it.
  if (status === 429) throw answers.unavailable(response);
  if (status >= 400) throw answers.statusFailure(response);
  const result = answers.json(response);
  if (headers['x-amz-function-error'] === undefined) return result;
  // The function ran and threw: status 200, and the error is the body.
  throw answers.refused({ message: errorMessageOf(result) });
}

function errorMessageOf(result: unknown): unknown {
  return typeof result === 'object' && result !== null && 'errorMessage' in result
    ? result.errorMessage
    : undefined;
}

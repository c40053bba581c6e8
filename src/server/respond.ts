/** The direct front, the default: turns the result of execution into the answer, without a schema on this thread. */

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { Operate } from '../gateway.ts';
import type { Answer } from '../pipeline/answer.ts';
import type { Answered, Executed, MediaType, Read } from '../pipeline/stages.ts';
import { errorCounts } from '../response/error-counts.ts';
import { errorPolicyFor, type ErrorPolicy } from '../response/graphql-errors.ts';
import { toHttpAnswer } from '../response/http.ts';
import type { AnswerLabels } from './answer-headers.ts';

/** @throws Any error; it refuses the request. */
export type Respond = (read: Read) => Promise<Answered>;

export function directRespond(operate: Operate, labels: AnswerLabels, config: GatewayConfig): Respond {
  return async (read) => {
    const executed = await operate(read);
    return labels.answered(
      read,
      unlabelled(executed, read.mediaType, errorPolicyFor(read.context.client, config.errors)),
    );
  };
}

function unlabelled(executed: Executed, mediaType: MediaType, policy: ErrorPolicy) {
  const { context, answer, later, name, kind, keep } = executed;
  return {
    ...toHttpAnswer({ context, answer }, mediaType, policy),
    later: later && textsOf(later, (part) => toHttpAnswer({ context, answer: part }, mediaType, policy).text),
    client: context.client,
    operationName: name,
    operationKind: kind,
    keep,
    errorCounts: errorCounts(answer.errors, policy),
  };
}

function textsOf(
  parts: AsyncIterableIterator<Answer>,
  textOf: (part: Answer) => string,
): AsyncIterableIterator<string> {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const part = await parts.next();
      return part.done ? part : { done: false, value: textOf(part.value) };
    },
    async return() {
      await parts.return?.();
      return { done: true, value: undefined };
    },
  };
}

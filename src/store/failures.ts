/** What an error of Redis means: that Redis is lost or unable for now, or that the command itself was wrong. */

import type { Outcome } from '../resilience/outcome.ts';

/** Redis cannot do it now. Its message is for logs and people, and holds neither keys nor passwords. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** Answers of a server that is there and cannot do it at the moment, or not for us. */
const unable =
  /^(LOADING|READONLY|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|BUSY|OOM|MISCONF|NOREPLICAS|NOAUTH|WRONGPASS|NOPERM)\b/;

export function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof Error)) return 'answered';
  if (error.name === 'ReplyError') return unable.test(error.message) ? 'server-error' : 'answered';
  return error.message === 'Command timed out' ? 'timeout' : 'connect';
}

/** Of a lost connection or a command that failed. The library's messages name addresses and codes only. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Redis failed';
  // Several addresses that all refused, or a cluster none of whose nodes answered.
  const { message } = error;
  const [inner] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  const last = 'lastNodeError' in error ? error.lastNodeError : inner;
  if (last instanceof Error && last !== error) return reasonOf(last);
  const text = message === '' && 'code' in error ? String(error.code) : message;
  return (text.split('\n')[0] ?? '').slice(0, 200);
}

/** Classifies errors of Redis: Redis is unavailable, or the command itself is wrong. */

import type { Outcome } from '../resilience/outcome.ts';

/** Redis is unavailable. The message is for logs and operators, and contains neither keys nor passwords. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** Errors of a server that cannot run commands at the moment, or not for this user. */
const unavailableReply =
  /^(LOADING|READONLY|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|BUSY|OOM|MISCONF|NOREPLICAS|NOAUTH|WRONGPASS|NOPERM)\b/;

export function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof Error)) return 'answered';
  if (error.name === 'ReplyError') return unavailableReply.test(error.message) ? 'server-error' : 'answered';
  return error.message === 'Command timed out' ? 'timeout' : 'connect';
}

/** Why a connection was lost or a command failed. The library's messages contain addresses and codes only. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Redis failed';
  // An aggregate of all addresses that refused, or a cluster of which no node responded.
  const { message } = error;
  const [inner] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  const last = 'lastNodeError' in error ? error.lastNodeError : inner;
  if (last instanceof Error && last !== error) return reasonOf(last);
  const text = message === '' && 'code' in error ? String(error.code) : message;
  return (text.split('\n')[0] ?? '').slice(0, 200);
}

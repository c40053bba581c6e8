/** Classifies errors of Redis: Redis is unavailable, or the command itself is wrong. */

import type { Outcome } from '../resilience/outcome.ts';

/** Redis is unavailable. The message is for logs and operators, and contains neither keys nor passwords. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** There was no answer in time. */
export class CommandTimeout extends Error {
  override readonly name = 'CommandTimeout';
}

/** Errors of a server that cannot run commands at the moment, or not for this user. */
const unavailableCodes: ReadonlySet<string> = new Set([
  ...['LOADING', 'READONLY', 'CLUSTERDOWN', 'MASTERDOWN', 'TRYAGAIN', 'BUSY', 'OOM', 'MISCONF', 'NOREPLICAS'],
  ...['NOAUTH', 'WRONGPASS', 'NOPERM'],
]);

/** Before Redis 7, the code of a command that fails in a script comes after where it failed. */
const replyCode = /^(?:ERR Error running script [^]*?: -)?([A-Z]+)\b/;

function codeOf({ message }: Error): string {
  return replyCode.exec(message)?.[1] ?? '';
}

/** The master has become a replica. */
export function isReadOnly(error: Error): boolean {
  return codeOf(error) === 'READONLY';
}

export function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof Error)) return 'answered';
  if (error.name === 'ReplyError') return unavailableCodes.has(codeOf(error)) ? 'server-error' : 'answered';
  return error instanceof CommandTimeout ? 'timeout' : 'connect';
}

/** Why a connection was lost or a command failed. The library's messages contain addresses and codes only. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Redis failed';
  if (error.name === 'MaxRetriesPerRequestError') return 'the connection ended';
  // An aggregate of all addresses that refused, or a cluster of which no node responded.
  const { message } = error;
  const [inner] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  const last = 'lastNodeError' in error ? error.lastNodeError : inner;
  if (last instanceof Error && last !== error) return reasonOf(last);
  const text = message === '' && 'code' in error ? String(error.code) : message;
  // Of a script, Redis also says which line of it.
  return (text.split(/\n| script: /)[0] ?? '').slice(0, 200);
}

/** The headers of a call: an allow-list of the client's, changed by the rules of one service, worked out once for it. */

import { hopByHopHeaders, type ServiceHeaders } from '../../config/gateway/transport.ts';
import type { RequestContext } from '../../pipeline/request.ts';

export type SentHeaders = Record<string, string>;

/** Writes the client's headers that a service gets into `sent`; whoever sends them checks their values. */
export type HeaderRules = (context: RequestContext, sent: SentHeaders) => void;

export const noHeaderRules: ServiceHeaders = { forward: [], remove: [], rename: {}, insert: {}, respond: [] };

export function headerRules(rules: ServiceHeaders = noHeaderRules): HeaderRules {
  const { forward, rename, insert } = rules;
  const removed = new Set(rules.remove);
  const renamed = new Map(Object.entries(rename));
  const inserted = Object.entries(insert);
  const isPlain = forward.length + removed.size + renamed.size + inserted.length === 0;

  const add = (name: string, value: string, context: RequestContext, sent: SentHeaders): void => {
    if (!mayPass(name, context) || removed.has(name)) return;
    sent[renamed.get(name) ?? name] = value;
  };
  if (isPlain) {
    return (context, sent) => {
      const { forwardHeaders } = context;
      for (const name in forwardHeaders) {
        const value = forwardHeaders[name];
        if (value !== undefined && mayPass(name, context)) sent[name] = value;
      }
    };
  }
  return (context, sent) => {
    const { forwardHeaders, headers } = context;
    for (const name in forwardHeaders) add(name, forwardHeaders[name] ?? '', context, sent);
    for (const name of forward) {
      const value = headers[name];
      if (typeof value === 'string') add(name, value, context, sent);
    }
    for (const [name, value] of inserted) sent[name] = value;
  };
}

function mayPass(name: string, { headers }: RequestContext): boolean {
  if (hopByHopHeaders.has(name)) return false;
  const { connection } = headers;
  // What a client lists there belongs to its own connection.
  return connection === undefined || isUsual(connection) || !isListed(name, connection);
}

function isUsual(connection: string | string[]): boolean {
  return connection === 'keep-alive' || connection === 'close' || connection === 'Keep-Alive';
}

function isListed(name: string, connection: string | string[]): boolean {
  return String(connection)
    .split(',')
    .some((listed) => listed.trim().toLowerCase() === name);
}

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

  /** The name under which a header of the client goes on; undefined where it does not. */
  const sentAs = (name: string): string | undefined =>
    hopByHopHeaders.has(name) || removed.has(name) ? undefined : (renamed.get(name) ?? name);
  if (isPlain) {
    return ({ forwardHeaders }, sent) => {
      for (const name in forwardHeaders) {
        const value = forwardHeaders[name];
        if (value !== undefined && !hopByHopHeaders.has(name)) sent[name] = value;
      }
    };
  }
  return ({ forwardHeaders, headers }, sent) => {
    for (const name in forwardHeaders) {
      const sentName = sentAs(name);
      if (sentName !== undefined) sent[sentName] = forwardHeaders[name] ?? '';
    }
    for (const name of forward) {
      const value = headers[name];
      const sentName = typeof value === 'string' ? sentAs(name) : undefined;
      if (sentName !== undefined) sent[sentName] = value as string;
    }
    for (const [name, value] of inserted) sent[name] = value;
  };
}

/** A subgraph that learns who a request is from by a rule of its own (config `auth.identity.subgraphs`). */

import type { AuthConfig } from '../config/auth.ts';
import type { Subgraph } from './source.ts';

/** Goes around what shares calls: requests of different users then differ in their headers. */
export function byIdentityRule(name: string, subgraph: Subgraph, auth: AuthConfig | undefined): Subgraph {
  const rule =
    auth && Object.hasOwn(auth.identity.subgraphs, name) ? auth.identity.subgraphs[name] : undefined;
  if (rule === undefined || rule === auth?.identity.rule) return subgraph;
  return {
    fetch(request) {
      const forwardHeaders = request.context.forwardByRule?.[rule];
      if (!forwardHeaders) return subgraph.fetch(request);
      return subgraph.fetch({ ...request, context: { ...request.context, forwardHeaders } });
    },
    close: () => subgraph.close(),
  };
}

/** A subgraph that learns who a request is from by a rule of its own (config `auth.identity`). */

import type { AuthConfig } from '../../config/gateway/auth.ts';
import type { RequestContext } from '../../pipeline/request.ts';
import type { Subgraph } from '../source.ts';

/** Goes around what shares calls: requests of different users then differ in their headers. */
export function byIdentityRule(name: string, subgraph: Subgraph, auth: AuthConfig | undefined): Subgraph {
  if (!auth) return subgraph;
  const { rule: usual, subgraphs } = auth.identity;
  const rule = (Object.hasOwn(subgraphs, name) ? subgraphs[name] : undefined) ?? usual;
  if (rule === 'signed') return withContext(subgraph, ({ signedFor }) => signedFor?.(name));
  if (rule === usual) return subgraph;
  return withContext(subgraph, ({ forwardByRule }) => {
    const forwardHeaders = forwardByRule?.[rule];
    return forwardHeaders && { forwardHeaders };
  });
}

/** @param told What differs for this subgraph; undefined: nothing. */
function withContext(
  subgraph: Subgraph,
  told: (context: RequestContext) => Partial<RequestContext> | undefined,
): Subgraph {
  return {
    fetch(request) {
      const different = told(request.context);
      if (!different) return subgraph.fetch(request);
      return subgraph.fetch({ ...request, context: { ...request.context, ...different } });
    },
    close: () => subgraph.close(),
  };
}

/** Which requests may get one answer of a service to one body: those that share its call, and those it is kept for. */

import type { ServiceHeaders } from '../../config/gateway/transport.ts';
import { answerKey, type KeyParts } from '../../pipeline/answer-inputs.ts';
import type { RequestContext } from '../../pipeline/request.ts';
import { headerRules, type HeaderRules, type SentHeaders } from '../headers/request-header-rules.ts';

export interface FetchKeyOptions {
  /** Of the service: two requests may get one answer where it gets the same headers from both. */
  readonly headers?: ServiceHeaders;
  /** Forwarded headers that may differ all the same, in lower case. */
  readonly ignoreHeaders: readonly string[];
}

export interface Fetching {
  readonly context: RequestContext;
  /** How many there were (`MutationCounter`). */
  readonly mutations: number;
}

const inTheBody = { omittedBecause: 'it decides what the service is asked, which is the body' };
const notSeen = { omittedBecause: 'no service gets to see it' };

export function fetchKeyParts({ headers, ignoreHeaders }: FetchKeyOptions): KeyParts<Fetching> {
  const ignored = new Set(ignoreHeaders);
  const rules = headers ? headerRules(headers) : undefined;
  return {
    graph: { omittedBecause: 'each graph has subgraphs of its own, and each of them its keys' },
    mutations: ({ mutations }) => String(mutations),
    labels: inTheBody,
    // Another token of the same principal says the same; otherwise it is said in headers.
    principal: ({ context }) => context.signedAs?.who ?? '',
    client: inTheBody,
    denied: inTheBody,
    dryRun: inTheBody,
    headers: ({ context }) => {
      const sent = rules ? sentBy(rules, context) : context.forwardHeaders;
      return headersText(sent, ignored, context.signedAs?.header);
    },
    clientAddress: notSeen,
    mediaType: notSeen,
    requestForm: notSeen,
  };
}

export type FetchKey = (context: RequestContext, mutations: number) => string;

/** Of calls under way: none that began before the end of a mutation is for those who came after it. */
export function fetchKey(options: FetchKeyOptions): FetchKey {
  const keyOf = answerKey(fetchKeyParts(options));
  return (context, mutations) => keyOf({ context, mutations });
}

export type StaleKey = (context: RequestContext) => string;

export function staleKeyParts(options: FetchKeyOptions): KeyParts<Fetching> {
  return { ...fetchKeyParts(options), mutations: { omittedBecause: 'an old answer is given as one' } };
}

/** Of answers that are kept for the time the service is out. */
export function staleKey(options: FetchKeyOptions): StaleKey {
  const keyOf = answerKey(staleKeyParts(options));
  return (context) => keyOf({ context, mutations: 0 });
}

function sentBy(rules: HeaderRules, context: RequestContext): SentHeaders {
  const sent: SentHeaders = {};
  rules(context, sent);
  return sent;
}

function headersText(
  sent: Readonly<SentHeaders>,
  ignored: ReadonlySet<string>,
  alsoIgnored: string | undefined,
): string {
  let text = '';
  for (const name in sent) {
    if (!ignored.has(name) && name !== alsoIgnored) text += `${name}:${sent[name]}\n`;
  }
  return text;
}

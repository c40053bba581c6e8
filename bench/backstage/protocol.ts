/** What the runner and the process behind the gateways say to each other. */

export interface Call {
  readonly service: string;
  /** The body of a POST, the URL of a GET. */
  readonly question: string;
}

export type BackstageOrder = { readonly kind: 'record' } | { readonly kind: 'stop-recording' };

export type BackstageMessage =
  | { readonly kind: 'ready'; readonly ports: Readonly<Record<string, number>> }
  | { readonly kind: 'recorded'; readonly calls: readonly Call[] };

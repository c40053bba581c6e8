/** One odd answer of a service, and what clients get of it. */

export interface Sent {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

export interface OddAnswer {
  readonly query: string;
  /** What the service of the root fields sends; where there is `prices`, what that of the entities sends. */
  readonly things: Sent;
  readonly prices?: Sent;
  readonly data: unknown;
  /** As `PATH CODE SERVICE`, with ` retryable` behind it; `-` for no path or no service. */
  readonly errors: readonly string[];
  /** Of the first error. */
  readonly message?: string;
}

export const json = (value: unknown, status = 200): Sent => ({ status, body: JSON.stringify(value) });
export const graphqlJson = (value: unknown, status: number): Sent => ({
  status,
  headers: { 'content-type': 'application/graphql-response+json; charset=utf-8' },
  body: JSON.stringify(value),
});
export const encoded = (coding: string, body: string | Buffer): Sent => ({
  headers: { 'content-encoding': coding },
  body,
});

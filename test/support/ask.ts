/** A plain GraphQL client for tests: every wait bounded, the reply as it came. */

export interface AskOptions {
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes the client leave. */
  readonly signal?: AbortSignal;
}

export interface GraphqlReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly data: unknown;
  readonly errors: readonly ReplyError[] | undefined;
}

export interface ReplyError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: Readonly<Record<string, unknown>>;
}

const replyTimeoutMs = 60_000;

export function ask(url: string, query: string, options: AskOptions = {}): Promise<GraphqlReply> {
  const { variables, headers = {}, signal } = options;
  return send(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, ...(variables ? { variables } : {}) }),
    ...(signal ? { signal } : {}),
  });
}

/** Any HTTP request that is to be answered with JSON. */
export async function send(url: string, request: RequestInit): Promise<GraphqlReply> {
  const patience = AbortSignal.timeout(replyTimeoutMs);
  const signal = request.signal ? AbortSignal.any([request.signal, patience]) : patience;
  const response = await fetch(url, { ...request, signal });
  return read(response.status, response.headers, await response.text());
}

export function read(status: number, headers: Headers, text: string): GraphqlReply {
  const body = JSON.parse(text) as { data?: unknown; errors?: readonly ReplyError[] };
  return { status, headers, text, data: body.data, errors: body.errors };
}

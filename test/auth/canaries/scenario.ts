/** Everything a client can send, with a secret in each part of it that may hold one. */

import type { GraphqlReply } from '../../support/ask.ts';
import { requestHead, sendRaw } from '../../support/raw-http.ts';
import type { Secrets } from './finder.ts';

export type ClientSecret = 'header' | 'cookie' | 'badToken' | 'variable' | 'literal' | 'url';

export interface Credentials {
  /** They hold. */
  readonly tokens: readonly string[];
  readonly apiKey: string;
  /** Not one of them does. */
  readonly badTokens: readonly string[];
  readonly badKeys: readonly string[];
  /** For many requests. */
  readonly debugToken: string;
}

/** What came back: status, headers and errors, but no data. */
export interface ClientResponse {
  readonly sent: string;
  readonly status: number;
  readonly text: string;
}

/** What may be written down: the value of a variable that the audit lists, and the id of a request. */
export interface Shown {
  readonly listed: string;
  readonly planted: string;
}

export async function everything(
  url: string,
  secrets: Secrets<ClientSecret>,
  { tokens, badTokens, apiKey, badKeys, debugToken }: Credentials,
  { listed, planted }: Shown,
): Promise<ClientResponse[]> {
  const base = {
    'content-type': 'application/json',
    cookie: `session=${secrets.cookie}`,
    'x-secret': secrets.header,
    'x-user-id': secrets.header,
  };
  const [token = '', ...otherTokens] = tokens;
  const signedIn = { ...base, 'x-api-key': apiKey, authorization: `Bearer ${token}` };
  const responses: ClientResponse[] = [];
  const send = async (sent: string, target: string, request: RequestInit): Promise<void> => {
    const response = await fetch(target, { ...request, signal: AbortSignal.timeout(20_000) });
    const text = await response.text();
    const headers = JSON.stringify([...response.headers]);
    responses.push({ sent, status: response.status, text: `${headers} ${errorsIn(text)}` });
  };
  const post = (
    query: string,
    more: object = {},
    headers: Record<string, string> = signedIn,
  ): Promise<void> => send(query, url, { method: 'POST', headers, body: JSON.stringify({ query, ...more }) });
  const bytes = (sent: string, body: string, headers: Record<string, string> = signedIn): Promise<void> =>
    send(sent, url, { method: 'POST', headers, body });
  const get = (sent: string, target: string, headers: Record<string, string> = signedIn): Promise<void> =>
    send(sent, target, { headers });

  const { variable, literal } = secrets;
  for (const headers of [signedIn, base]) {
    await post(
      'query Named($listed: String) { open closed never masked things { owner secret } x: echo(text: $listed) }',
      { variables: { listed, unlisted: variable } },
      headers,
    );
    await post('query Echo($text: String) { echo(text: $text) }', { variables: { text: variable } }, headers);
    await post('{ badMask thrower sleeper strange }', {}, headers);
    await post(
      '{ __schema { types { name } } }',
      {},
      { ...headers, 'x-authorization-dry-run': secrets.header },
    );
  }
  const debugged = { ...signedIn, 'x-tributary-debug': debugToken };
  await post(
    'query Debugged($text: String) { echo(text: $text) closed never things { owner secret } says status500 }',
    { variables: { text: variable } },
    debugged,
  );
  await post('{ open }', {}, { ...signedIn, 'x-tributary-debug': `${debugToken.slice(0, -9)}AAAAAAAAA` });
  for (const field of ['says', 'garbage', 'status500', 'redirect', 'hang', 'drop', 'encoding', 'wrongType'])
    await post(`{ ${field} }`);
  await post('{ open }', {}, { ...signedIn, 'x-request-id': planted });
  await post(`{ user(id: "${literal}") { name } u500: user(id: "u500${literal}") { name } }`);

  const values: ReadonlyArray<[type: string, value: unknown]> = [
    ['Int', variable],
    ['String', [variable]],
    ['Boolean', variable],
    ['Color', variable],
    ['ID', { id: variable }],
    ['More', { n: variable }],
    ['More', { n: 1, color: variable }],
    ['More', { n: 1, [variable]: 1 }],
    ['More', variable],
    ['[Int!]', [1, variable]],
  ];
  for (const [type, value] of values)
    await post(`query ($v: ${type}) { __typename open @include(if: true) }`, { variables: { v: value } });

  const literals = [
    `{ echo(n: "${literal}") }`,
    `{ echo(text: ["${literal}"]) }`,
    `{ echo(color: "${literal}") }`,
    `{ echo(more: { n: "${literal}" }) }`,
    `{ echo(more: { n: 1, color: "${literal}" }) }`,
    `{ echo(more: "${literal}") }`,
    `{ open @include(if: "${literal}") }`,
    `query ($n: Int = "${literal}") { echo(n: $n) }`,
    `{ a: echo(text: "${literal}") a: echo(text: "other") }`,
    `{ echo(text: "${literal}"`,
    `{ echo "${literal}" }`,
    `{ echo(text: """${literal}""" """${literal}""") }`,
    `{ echo(text: "${literal}) }`,
    `{ open } # ${literal}`,
    `{ ${`a: echo(text: "${literal}") `.repeat(60)} }`,
    `{ echo(text: "${literal}", text: "${literal}") }`,
    `subscription { open(text: "${literal}") }`,
    `{ open(nothing: "${literal}") }`,
  ];
  for (const query of literals) await post(query);

  await bytes('broken JSON', `{"query":"{ open }","variables":{"text":"${variable}"`);
  await bytes('broken JSON at the secret', `{"query": ${variable}`);
  await bytes('variables that are none', JSON.stringify({ query: '{ open }', variables: variable }));
  await bytes('a query that is none', JSON.stringify({ query: [literal] }));
  await bytes('an array', JSON.stringify([{ query: literal }]));
  await bytes('extensions that are none', JSON.stringify({ query: '{ open }', extensions: variable }));
  await bytes('another type', `text=${variable}`, { ...signedIn, 'content-type': 'text/plain' });
  await bytes('too much', variable.repeat(20_000));
  await bytes('compressed', variable, { ...signedIn, 'content-encoding': 'gzip' });

  const parameters = (more: Record<string, string>): string =>
    `${url}?${new URLSearchParams(more).toString()}`;
  await get('by GET', parameters({ query: '{ open closed never }', token: secrets.url }));
  await get(
    'by GET with variables',
    parameters({
      query: 'query ($t: String) { echo(text: $t) }',
      variables: JSON.stringify({ t: secrets.url }),
    }),
  );
  await get(
    'by GET with broken variables',
    parameters({ query: '{ open }', variables: `{"t":"${secrets.url}` }),
  );
  await get('by GET with a wrong document', parameters({ query: `{ echo(n: "${secrets.url}") }` }));
  await get('by GET from a page', parameters({ query: `{ echo(text: "${secrets.url}") }` }), {
    cookie: base.cookie,
  });
  await get('by GET without a query', parameters({ token: secrets.url }));
  await get('another path', url.replace('/graphql', `/${secrets.url}?token=${secrets.url}`));
  await send('another method', `${url}?token=${secrets.url}`, {
    method: 'PUT',
    headers: signedIn,
    body: variable,
  });

  for (const other of otherTokens)
    await post('{ open closed }', {}, { ...base, authorization: `Bearer ${other}` });
  await post('{ open closed }', {}, { ...base, 'x-api-key': apiKey });
  for (const bad of badKeys) {
    await post('{ open }', {}, { ...base, 'x-api-key': bad });
    await post('{ open }', {}, { ...signedIn, 'x-api-key': bad });
  }
  for (const bad of badTokens) await post('{ open }', {}, { ...base, authorization: `Bearer ${bad}` });
  await post('{ open }', {}, { ...base, authorization: `Basic ${secrets.badToken}` });
  await post('{ open }', {}, { ...base, authorization: `Bearer ${token}, Bearer ${secrets.badToken}` });
  await post('{ open }', {}, { ...signedIn, accept: `text/${secrets.header}` });
  await post('{ open }', {}, { ...signedIn, 'x-large': secrets.header.repeat(1000) });

  const raw = [
    `${requestHead(url, 'POST /graphql HTTP/1.1', [`X-Secret: ${secrets.header}`, 'Content-Length: x'])}`,
    `${secrets.header}\r\n\r\n`,
    requestHead(url, `GET /${secrets.url} HTTP/9.9`),
  ];
  for (const text of raw) {
    const { status, head, body } = await sendRaw(url, text);
    responses.push({ sent: text, status, text: `${head} ${body}` });
  }
  return responses;
}

/** Data is for who asked for it. */
function errorsIn(text: string): string {
  try {
    return JSON.stringify({ ...(JSON.parse(text) as Partial<GraphqlReply>), data: undefined });
  } catch {
    return text;
  }
}

/** A backend that says secrets in whatever it answers, by GraphQL and as a REST service, and fails in each way there is. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { onTestFinished } from 'vitest';

export const vaultSchema = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@authenticated", "@policy"])
  type Query {
    open: String
    echo(text: String, n: Int, color: Color, more: More): String
    closed: String @authenticated
    never: String @policy(policies: [["never"]])
    masked: String
    badMask: String
    thrower: String
    sleeper: String
    strange: String
    says: String
    garbage: String
    status500: String
    redirect: String
    hang: String
    drop: String
    encoding: String
    wrongType: Int
    things: [Thing!]
  }
  enum Color { RED GREEN }
  input More { n: Int!, color: Color }
  type Thing @key(fields: "id") { id: ID! owner: String secret: String }
`;

export interface EvilBackend {
  readonly url: string;
  /** Of the tokens that the gateway showed it. */
  readonly signatures: string[];
}

/** For one test. @param secret Said in every answer. @param data A value of a field. */
export async function evilBackend(secret: string, data: string): Promise<EvilBackend> {
  const signatures: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { authorization } = request.headers;
      if (authorization) signatures.push(authorization.split('.')[2] ?? '');
      if (request.method === 'GET') restAnswer(request, response, secret);
      else graphqlAnswer(body, response, { secret, data });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, signatures };
}

function restAnswer({ url = '' }: IncomingMessage, response: ServerResponse, secret: string): void {
  const status = url.includes('u500') ? 500 : 422;
  response.writeHead(status, { 'content-type': 'application/json', 'x-leak': secret });
  response.end(JSON.stringify({ message: `no such user: ${secret}`, code: secret }));
}

const failures: Readonly<Record<string, (response: ServerResponse, secret: string) => void>> = {
  garbage: (response, secret) => response.end(`{"data": ${secret}`),
  status500: (response, secret) => response.writeHead(500).end(`<h1>${secret}</h1>`),
  redirect: (response, secret) => response.writeHead(302, { location: `http://127.0.0.1/${secret}` }).end(),
  hang: () => {},
  drop: (response) => response.socket?.destroy(),
  encoding: (response, secret) => response.writeHead(200, { 'content-encoding': secret }).end('x'),
};

function graphqlAnswer(
  body: string,
  response: ServerResponse,
  { secret, data }: { readonly secret: string; readonly data: string },
): void {
  const { query, variables } = JSON.parse(body) as { query: string; variables: unknown };
  const failure = Object.keys(failures).find((name) => query.includes(name));
  if (failure) {
    failures[failure]?.(response, secret);
    return;
  }
  const errors =
    query.includes('says') || query.includes('echo')
      ? [
          {
            message: `${secret} ${JSON.stringify(variables)} ${query}`,
            path: [query.includes('says') ? 'says' : 'echo'],
            extensions: { code: secret, service: secret, detail: secret, stacktrace: [secret] },
          },
        ]
      : undefined;
  const names = [
    'open',
    'closed',
    'never',
    'masked',
    'badMask',
    'thrower',
    'sleeper',
    'strange',
    'wrongType',
  ];
  const things = [1, 2].map((id) => ({ id: `t${id}`, owner: `u${id}`, secret: data }));
  response.setHeader('content-type', 'application/json');
  response.setHeader('set-cookie', `leak=${secret}`);
  response.end(
    JSON.stringify({ data: { ...Object.fromEntries(names.map((name) => [name, data])), things }, errors }),
  );
}

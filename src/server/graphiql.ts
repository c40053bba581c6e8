/** GraphiQL for browsers, for development. All its files are served from here: nothing is loaded from a CDN. */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { preferred } from '../response/accept.ts';
import { graphqlMediaType, jsonMediaType } from '../response/http.ts';
import { pathBelow, pathOf, type ClientOfPath } from './endpoint.ts';

const require = createRequire(import.meta.url);

/** File name in the URL, package, file in the package, media type. */
const assets = [
  ['react.js', 'react', 'umd/react.production.min.js', 'text/javascript'],
  ['react-dom.js', 'react-dom', 'umd/react-dom.production.min.js', 'text/javascript'],
  ['graphiql.js', 'graphiql', 'graphiql.min.js', 'text/javascript'],
  ['graphiql.css', 'graphiql', 'graphiql.min.css', 'text/css'],
] as const;

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Serves the page to browsers that prefer HTML, at `path` and at the path of each client; other requests to these are
 * left to the front.
 */
export function registerGraphiql(app: FastifyInstance, path: string, clientOf: ClientOfPath): void {
  const folder = pathBelow(path, 'graphiql');
  for (const [name, owner, file, type] of assets) {
    app.get(`${folder}/${name}`, async (_request, reply) =>
      reply
        .type(`${type}; charset=utf-8`)
        .header('cache-control', 'public, max-age=3600')
        .send(await readFile(join(dirname(require.resolve(`${owner}/package.json`)), file))),
    );
  }
  app.get(`${folder}/start.js`, (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send(startScript),
  );
  app.addHook('onRequest', async (request, reply) => {
    if (isPageRequest(request, clientOf)) await sendPage(reply, folder);
  });
}

function isPageRequest({ raw, method, headers }: FastifyRequest, clientOf: ClientOfPath): boolean {
  return method === 'GET' && clientOf(pathOf(raw)) !== undefined && prefersHtml(headers.accept);
}

const html = 'text/html';

function prefersHtml(accept: string | undefined): boolean {
  return accept !== undefined && preferred(accept, [jsonMediaType, graphqlMediaType, html]) === html;
}

async function sendPage(reply: FastifyReply, folder: string): Promise<void> {
  await reply
    .type('text/html; charset=utf-8')
    .header('vary', 'accept')
    .header('content-security-policy', contentSecurityPolicy)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    .send(pageOf(folder));
}

function pageOf(folder: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Tributary GraphiQL</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="${folder}/graphiql.css" />
    <style>body { margin: 0; } #graphiql { height: 100vh; }</style>
  </head>
  <body>
    <div id="graphiql">Loading</div>
    <script src="${folder}/react.js"></script>
    <script src="${folder}/react-dom.js"></script>
    <script src="${folder}/graphiql.js"></script>
    <script src="${folder}/start.js"></script>
  </body>
</html>
`;
}

const initialQuery = `# Tributary: press the play button, or Ctrl-Enter.
{
  __schema {
    queryType {
      fields {
        name
        description
      }
    }
  }
}
`;

const startScript = `const defaultQuery = ${JSON.stringify(initialQuery)};
const fetcher = GraphiQL.createFetcher({ url: location.pathname });
ReactDOM.createRoot(document.getElementById('graphiql')).render(
  React.createElement(GraphiQL, { fetcher, defaultQuery, shouldPersistHeaders: false }),
);
`;

import { expect, it } from 'vitest';

import { folderWith } from '../../../test/support/folder.ts';
import { loadGraphFile } from './file.ts';

const files = {
  'a.graphql': 'type Query { a: Int }',
  'resolvers.ts': '',
  'graph.yaml': `subgraphs:
  remote: { kind: graphql, url: '\${UNSET_URL}', schema: a.graphql, owner: team, tls: { ca: missing.pem } }
  several: { kind: graphql, urls: ['\${UNSET_URL}', 'http://b'], schema: a.graphql, owner: team, timeoutMs: 77 }
  local: { kind: local, resolvers: missing.ts, sources: [rest], schema: a.graphql, owner: team }
  other: { kind: graphql, url: 'http://other.example.com', schema: a.graphql, owner: team }
sources:
  rest: { kind: rest, url: 'http://127.0.0.1:1' }
`,
};

it('calls subgraphs at other addresses, whatever variables and files their own entries need', async () => {
  const folder = await folderWith(files);
  const serviceUrls = new Map(
    ['remote', 'several', 'local', 'none'].map((name) => [name, `http://${name}:1`]),
  );
  const { subgraphs } = await loadGraphFile(`${folder}/graph.yaml`, { environment: {}, serviceUrls });
  const described = subgraphs.map((one) => [one.name, one.kind, 'replicas' in one ? one.replicas : null]);
  expect(described).toEqual([
    ['remote', 'graphql', [{ url: 'http://remote:1' }]],
    ['several', 'graphql', [{ url: 'http://several:1' }]],
    ['local', 'graphql', [{ url: 'http://local:1' }]],
    ['other', 'graphql', [{ url: 'http://other.example.com' }]],
  ]);
  expect(subgraphs[1]?.timeoutMs).toBe(77);
});

it('refuses the same file without them', async () => {
  const folder = await folderWith(files);
  await expect(loadGraphFile(`${folder}/graph.yaml`, { environment: {} })).rejects.toThrow('UNSET_URL');
});

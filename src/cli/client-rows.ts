/** The rows of `tributary client list`. Pure. */

import type { ClientConfig } from '../config/client/client-file.ts';
import { anonymousClient } from '../config/client/client-folders.ts';
import { tableOf } from './table.ts';

export function clientRows(clients: readonly ClientConfig[]): {
  readonly json: object[];
  readonly table: string;
} {
  const json = clients.map(
    ({ contract: { id: _id, introspection, hiddenMembers, ...contract }, ...client }) => ({
      ...client,
      contract,
      introspection: introspection ? 'on' : 'off',
      hiddenMembers,
    }),
  );
  if (clients.length === 0)
    return { json, table: 'no clients: make the first with tributary client init NAME' };
  const rows = clients.map((client) => [
    client.name,
    client.owner,
    recognitionText(client),
    contractText(client),
    client.contract.introspection ? 'on' : 'off',
  ]);
  return {
    json,
    table: tableOf([['NAME', 'OWNER', 'RECOGNIZED BY', 'CONTRACT', 'INTROSPECTION'], ...rows]),
  };
}

/** Path, host and headers of a client that is not public prove nothing, so they are not how it is recognized. */
function recognitionText({ name, identify }: ClientConfig): string {
  if (name === anonymousClient) return 'nothing: every other request';
  const credentials = `credentials of ${[name, ...identify.credentials].join(', ')}`;
  if (!identify.public) return credentials;
  const hosts = identify.hosts.length > 0 ? `host ${identify.hosts.join(', ')}` : '';
  const names = `name ${[name, ...identify.names].join(', ')}`;
  return [credentials, 'path', hosts, names].filter((text) => text !== '').join('; ');
}

function contractText({ contract: { include, exclude, mode } }: ClientConfig): string {
  const rules = [
    ...(include.length > 0 ? [`include ${include.join(', ')}`] : []),
    ...(exclude.length > 0 ? [`exclude ${exclude.join(', ')}`] : []),
  ];
  if (rules.length === 0) return 'everything';
  return [...rules, ...(mode === 'strict' ? ['strict'] : [])].join('; ');
}

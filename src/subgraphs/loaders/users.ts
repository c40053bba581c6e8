/** Users by id from the users service, batched. */

import { type Loader, loaderOf } from '../../sources/loader.ts';
import { recordsOf } from '../../sources/record-reader.ts';
import type { SubgraphContext } from '../define.ts';
import { askableIds } from './ids.ts';

export interface UserRow {
  readonly id: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly country: string | null;
  readonly createdAt: string | null;
}

type Context = SubgraphContext<{ users: 'rest' }>;

export function userById({ request, sources }: Context): Loader<string, UserRow> {
  return loaderOf(request, 'users.byId', async (asked) => {
    const users = new Map<string, UserRow>();
    const ids = askableIds(asked);
    if (ids.length === 0) return users;
    const answer = await sources.users.get('/users', { query: { ids } }, request);
    for (const record of recordsOf('users', answer)) {
      const id = record.text('id');
      users.set(id, {
        id,
        name: record.textOrNull('name'),
        email: record.textOrNull('email'),
        country: record.textOrNull('country'),
        createdAt: record.textOrNull('createdAt'),
      });
    }
    return users;
  });
}

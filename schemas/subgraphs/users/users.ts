/** Users by id from the users service, batched. */

import type { BulkEndpoint, Loader, SubgraphContext } from '@tributary-gateway/tributary';

import { isValidId } from '../../shared/ids.ts';

export interface UserRow {
  readonly id: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly country: string | null;
  readonly createdAt: string | null;
}

type Context = SubgraphContext<{ users: 'rest' }>;

const usersById: BulkEndpoint<UserRow> = {
  name: 'users.byId',
  path: '/users',
  ids: { query: 'ids' },
  askable: isValidId,
  read: (record) => ({
    id: record.text('id'),
    name: record.textOrNull('name'),
    email: record.textOrNull('email'),
    country: record.textOrNull('country'),
    createdAt: record.textOrNull('createdAt'),
  }),
};

export function userById({ request, sources }: Context): Loader<string, UserRow> {
  return sources.users.loader(usersById, request);
}

/** The user directory: a REST service, read-only. */

import type { HttpApp } from '../shared/http-service.ts';
import type { Mock, StartOptions } from '../shared/mock.ts';
import { idsOf, jsonAnswer, listAnswer, methodNotAllowed, notFound } from '../shared/rest.ts';
import { generatedShop } from '../shared/shop.ts';
import { startHttpMock } from '../shared/start-mock.ts';

export function startUsers(options: StartOptions = {}): Promise<Mock> {
  // Nothing to reset: the directory is read-only.
  return startHttpMock('users', { app: createApp(), resetData: () => {} }, options);
}

function createApp(): HttpApp {
  const byId = new Map(generatedShop().users.map((user) => [user.id, user]));

  return ({ method, path, query }) => {
    const [, collection, id, rest] = path.split('/');
    if (collection !== 'users' || rest !== undefined)
      return { names: [`${method} unknown`], args: { path }, run: () => notFound };
    if (method !== 'GET') return { names: [`${method} /users`], args: {}, run: () => methodNotAllowed };
    if (id) {
      const user = byId.get(id);
      return {
        names: ['GET /users/:id'],
        args: { id },
        run: () => (user ? jsonAnswer(200, user) : notFound),
      };
    }
    const ids = idsOf(query.get('ids'));
    return {
      names: ['GET /users?ids'],
      args: { ids },
      run: () =>
        ids.length > 0
          ? listAnswer(ids, (userId) => byId.get(userId))
          : jsonAnswer(400, { error: 'name some users: /users?ids=u1,u2' }),
    };
  };
}

import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { folderWith } from '../../test/support/folder.ts';
import { clientConfig, clientFileSchema } from '../config/client/client-file.ts';
import { Events } from '../shared/events.ts';
import { OperationsFile, type OperationsList } from './operations-file.ts';

const { contract } = clientConfig(
  'partner',
  clientFileSchema.parse({ owner: 'team', contract: { exclude: ['internal'] } }),
);

/** What is read of a file with these operations. */
async function readBack(operations: readonly unknown[]): Promise<OperationsList['operations'] | undefined> {
  const folder = await folderWith({ list: JSON.stringify({ version: 1, hash: 'h', operations }) });
  return (await new OperationsFile(join(folder, 'list'), new Events()).read())?.operations;
}

describe('an operation in the file', () => {
  it.each([
    ['of nobody in particular', { query: '{ a }', operationName: null }],
    ['with a name', { query: 'query A { a }', operationName: 'A' }],
    ['of a client', { query: '{ a }', operationName: null, contract }],
  ])('is read: %s', async (_title, operation) => {
    expect(await readBack([operation])).toEqual([operation]);
  });

  it.each([
    ['a contract that was widened', { contract: { ...contract, exclude: [] } }],
    ['a contract with more to it', { contract: { ...contract, more: true } }],
    ['an id without a contract', { contract: { id: contract.id } }],
    ['a contract that is null', { contract: null }],
    ['a contract that is a text', { contract: contract.id }],
    ['a name that is the beginning of the key of another', { operationName: `${contract.id} ` }],
  ])('is left out: one with %s', async (_title, part) => {
    expect(await readBack([{ query: '{ a }', operationName: null, ...part }])).toEqual([]);
  });
});

it.each([
  ['a folder', () => folderWith({})],
  ['a device', () => Promise.resolve('/dev/null')],
])('%s in its place is reported, and not read', async (_what, make) => {
  const events = new Events();
  const failures: unknown[] = [];
  events.on('operationsFileFailed', (failure) => failures.push(failure));
  expect(await new OperationsFile(await make(), events).read()).toBeNull();
  expect(failures).toMatchObject([{ action: 'read', reason: expect.stringContaining('it is no file') }]);
});

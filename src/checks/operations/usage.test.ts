import { describe, expect, it } from 'vitest';

import type { ClientOperation } from '../report.ts';
import { withUsage, type UsageContext } from './usage.ts';

const context: UsageContext = { before: [], isExcluded: () => false, isRecent: () => true };

const list: ClientOperation = {
  client: 'web',
  version: '1.2',
  name: 'List',
  id: 'web-list',
  document: 'query List {\n  products\n}',
  calls: null,
  lastSeenAt: null,
  file: 'web/1.2.json',
};
const line = { client: 'web', version: '1.2', operation: 'List', hash: 'web-list', calls: 3 };

function counted(registered: readonly ClientOperation[], ...lines: readonly object[]) {
  const text = lines.map((one) => JSON.stringify(one)).join('\n');
  const { operations, problems } = withUsage(registered, { file: 'usage.jsonl', text }, context);
  return {
    calls: operations.map(({ version, calls, lastSeenAt }) => [version, calls, lastSeenAt]),
    documents: operations.map(({ document }) => document.replaceAll(/\s+/g, ' ')),
    problems: problems.map(({ message }) => message),
  };
}

describe('a line without a document', () => {
  it.each([
    ['of version and operation', line],
    ['of the id alone', { client: 'web', hash: 'web-list', calls: 3 }],
    ['of the version', { client: 'web', version: '1.2', hash: 'web-list', calls: 3 }],
  ])('counts for the registered operation %s', (_, one) => {
    expect(counted([list], one)).toMatchObject({ calls: [['1.2', 3, null]], problems: [] });
  });

  it.each([
    ['another version', { ...line, version: '1.3' }, /no operation List of client web 1\.3 has the id/],
    ['another client', { ...line, client: 'app' }, /no operation List of client app 1\.2 has the id/],
    ['another id', { ...line, hash: 'x' }, /has the id x/],
  ])('of %s is a problem', (_, one, message) => {
    expect(counted([list], one).problems).toEqual([expect.stringMatching(message)]);
  });

  it('that may be one of several operations is a problem', () => {
    const { problems } = counted([list, { ...list, version: '1.3' }], { ...line, version: null });
    expect(problems).toEqual([
      expect.stringMatching(/several operations of client web have the id web-list/),
    ]);
  });
});

describe('a line with a document', () => {
  it('counts for the registered operation with that document', () => {
    const { calls, problems } = counted([list], { ...line, document: 'query List{products}' });
    expect({ calls, problems }).toEqual({ calls: [['1.2', 3, null]], problems: [] });
  });

  it('is an operation of its own where the id is that of another document', () => {
    const { documents } = counted([list], { ...line, document: 'query List{other}' });
    expect(documents).toEqual(['query List { products }', 'query List { other }']);
  });
});

it('keeps registered operations of one id with several documents', () => {
  const other = { ...list, document: 'query List {\n  other\n}' };
  expect(counted([list, other]).documents).toEqual(['query List { products }', 'query List { other }']);
});

it('takes the later date, however dates are written', () => {
  const { calls } = counted(
    [list],
    { ...line, lastSeen: '2026-11-20' },
    { ...line, lastSeen: 'Nov 1, 2020' },
    { ...line, lastSeen: '2026-11-20T00:30:00+02:00' },
  );
  expect(calls).toEqual([['1.2', 9, '2026-11-20']]);
});

it('reads a file that begins with a byte order mark', () => {
  const text = `\uFEFF${JSON.stringify(line)}\r\n`;
  expect(withUsage([list], { file: 'usage.jsonl', text }, context).problems).toEqual([]);
});

describe('a line of an operation that is registered no more', () => {
  const text = JSON.stringify({ ...line, lastSeen: '2026-11-20' });
  const problemsWith = (given: Partial<UsageContext>) => {
    const file = { file: 'usage.jsonl', text };
    const { operations, problems } = withUsage([], file, { ...context, ...given });
    return {
      known: operations.map(({ name, file: of, calls }) => [name, of, calls]),
      problems: problems.length,
    };
  };

  it('is that of the state before', () => {
    expect(problemsWith({ before: [list] })).toEqual({ known: [['List', null, 3]], problems: 0 });
    expect(problemsWith({ before: [{ ...list, version: '1.0' }] })).toEqual({ known: [], problems: 1 });
  });

  it('is no problem where it does not count', () => {
    expect(problemsWith({})).toEqual({ known: [], problems: 1 });
    expect(problemsWith({ isExcluded: (client) => client === 'web' }).problems).toBe(0);
    expect(problemsWith({ isRecent: (date) => date !== '2026-11-20' }).problems).toBe(0);
  });
});

import { expect, it } from 'vitest';

import { readManifest } from './manifest.ts';

const both = 'query A { a } query B { b }';
const manifest = (value: unknown) =>
  readManifest({ file: 'web.json', text: JSON.stringify(value), client: 'web', version: '1' });

it('keeps a document whole that has several operations: one that is not valid refuses all', () => {
  const format = 'apollo-persisted-query-manifest';
  const apollo = manifest({ format, version: 1, operations: [{ id: '1', name: 'A', body: both }] });
  expect(apollo.operations).toMatchObject([{ name: 'A', document: both }]);
  expect(manifest({ 1: both }).operations).toMatchObject([
    { name: 'A', document: both },
    { name: 'B', document: both },
  ]);
});

it('gives an operation the fragments that it uses, and no others', () => {
  const body = 'query A { ...F } fragment F on Query { a } fragment G on Query { b }';
  const [operation] = manifest({ 1: body }).operations;
  expect(operation?.document).toContain('fragment F');
  expect(operation?.document).not.toContain('fragment G');
});

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { expect, it } from 'vitest';

import { guardLimitDefaults } from '../../../test/guard/default-limits.ts';
import type { PreparationRequest } from '../../pipeline/planning.ts';
import { ShapedDocuments } from './shaped-documents.ts';

it('a request for a shape keeps nothing of its document but the literals that are no variables', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const heapBytes = (): number => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const documents = new ShapedDocuments({ limits: guardLimitDefaults, entriesMax: 1, bytesMax: 1 });
  const large = 'x'.repeat(200_000);
  const kept: PreparationRequest[] = [];
  const bytesBefore = heapBytes();
  for (let i = 0; i < 100; i += 1) {
    // Not a tree of strings: what came over a socket.
    const query = Buffer.from(`{ json(value: "a literal that stays ${i}") text(value: "${large}") }`);
    const document = documents.read(String(i), { query: query.toString(), operationName: null });
    if (document) kept.push(document.keep([0]));
  }
  expect(heapBytes() - bytesBefore).toBeLessThan(10 * large.length);
  expect(kept.map(({ literals }) => literals)).toEqual(
    kept.map((_, i) => [[0, `"a literal that stays ${i}"`]]),
  );
  expect(kept).toHaveLength(100);
});

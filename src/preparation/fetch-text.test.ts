import { expect, it } from 'vitest';

import { forgetParsedFetches, operationsIn, parsedFetch } from './fetch-text.ts';

it('the text of a fetch is parsed once for a plan, and not kept for the next one', () => {
  const text = '{a}';
  const document = parsedFetch(text);
  expect(operationsIn(text)[0]).toBe(document.definitions[0]);
  forgetParsedFetches();
  expect(parsedFetch(text)).not.toBe(document);
});

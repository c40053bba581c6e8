/** Our executor against graphql-js over one plain schema with the same data: they must agree, always. */
import { describe, it } from 'vitest';

import { fixtures } from './fixtures/index.ts';
import { expectAgreement } from './oracle/agreement.ts';
import { openMonolith } from './oracle/monolith.ts';
import { openEngine } from './ours/engine.ts';

describe.each(fixtures)('$name', (fixture) => {
  const engines = {
    monolith: openMonolith(fixture),
    engine: openEngine(fixture),
    interpreted: openEngine(fixture, { interpreted: true }),
  };

  it.each(fixture.operations)('$name', (operation) => expectAgreement(fixture, engines, operation));
});

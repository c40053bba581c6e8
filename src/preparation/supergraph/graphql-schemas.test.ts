import { parse, printSchema } from 'graphql';
import { Supergraph } from '@apollo/federation-internals';
import { describe, expect, it } from 'vitest';

import { fixtures } from '../../../test/engine/fixtures/index.ts';
import { composeFixture } from '../../../test/engine/oracle/compose.ts';
import { apiSchemaIn, fullSchemaOf } from './graphql-schemas.ts';

describe.each(fixtures.map((fixture) => [fixture.name, fixture] as const))('of %s', (_name, fixture) => {
  const document = parse(composeFixture(fixture));
  const supergraph = Supergraph.build(document, { supportedFeatures: null, validateSupergraph: false });

  it('the API schema is that of the planner, in its order', () => {
    const api = supergraph.apiSchema();
    const schema = apiSchemaIn(document, fullSchemaOf(document), { full: supergraph.schema, api });
    expect(printSchema(schema)).toBe(printSchema(api.toGraphQLJSSchema()));
  });

  it('the full schema is that of the planner', () => {
    const expected = supergraph.schema.toGraphQLJSSchema().getTypeMap();
    expect(Object.keys(fullSchemaOf(document).getTypeMap())).toEqual(Object.keys(expected));
  });
});

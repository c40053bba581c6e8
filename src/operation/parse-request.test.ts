import { describe, expect, it } from 'vitest';

import { parseOperationRequest, parseQueryParameters } from './parse-request.ts';

describe('a body', () => {
  it('has a query, and may have a name, variables and extensions', () => {
    expect(
      parseOperationRequest({
        query: '{ a }',
        operationName: 'A',
        variables: { x: 1 },
        extensions: { trace: true },
        other: 'ignored',
      }),
    ).toEqual({ query: '{ a }', operationName: 'A', variables: { x: 1 }, extensions: { trace: true } });
  });

  it.each([undefined, null])('%s stands for what is absent', (absent) => {
    expect(
      parseOperationRequest({ query: '{ a }', operationName: absent, variables: absent, extensions: absent }),
    ).toEqual({ query: '{ a }', operationName: null, variables: {}, extensions: null });
  });

  it('has no name where it is empty, as clients send it', () => {
    expect(parseOperationRequest({ query: '{ a }', operationName: '' }).operationName).toBeNull();
  });

  it.each<[string, unknown, RegExp]>([
    ['a list', [{ query: '{ a }' }], /^Batched operations are not supported/],
    ['a text', '{ a }', /must be a JSON object with a "query"/],
    ['null', null, /must be a JSON object/],
    ['a number', 1, /must be a JSON object/],
    ['nothing in it', {}, /"query" must be a non-empty string/],
    ['an empty query', { query: '' }, /"query" must be a non-empty string/],
    ['a query that is no text', { query: {} }, /"query" must be a non-empty string/],
    ['a name that is no text', { query: '{ a }', operationName: 1 }, /"operationName" must be a string/],
    ['a name that no operation has', { query: '{ a }', operationName: 'a b' }, /must be a GraphQL name/],
    ['a name with a NUL', { query: '{ a }', operationName: 'a\0' }, /must be a GraphQL name/],
    ['a name with a line after it', { query: '{ a }', operationName: 'a\n' }, /must be a GraphQL name/],
    ['variables that are a list', { query: '{ a }', variables: [] }, /"variables" must be an object/],
    ['variables that are a text', { query: '{ a }', variables: '{}' }, /"variables" must be an object/],
    ['extensions that are a list', { query: '{ a }', extensions: [] }, /"extensions" must be an object/],
  ])('that is or has %s is refused', (_, body, message) => {
    expect(() => parseOperationRequest(body)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
    expect(() => parseOperationRequest(body)).toThrow(message);
  });

  const persistedQuery = { version: 1, sha256Hash: 'a'.repeat(64) };

  it.each([{}, { query: '' }, { query: null }])(
    'that names a persisted query and is %j is answered in the protocol for those',
    (body) => {
      expect(() => parseOperationRequest({ ...body, extensions: { persistedQuery } })).toThrow(
        expect.objectContaining({
          code: 'PERSISTED_QUERY_NOT_SUPPORTED',
          message: 'PersistedQueryNotSupported',
        }),
      );
    },
  );

  it('that has its query beside the name of a persisted one is answered', () => {
    const body = { query: '{ a }', extensions: { persistedQuery } };
    expect(parseOperationRequest(body)).toMatchObject({ query: '{ a }', extensions: { persistedQuery } });
  });
});

describe('parameters of a GET', () => {
  const parse = (text: string) => parseQueryParameters(new URLSearchParams(text));

  it('are those of a body, with variables and extensions as JSON', () => {
    expect(parse('query={a}&operationName=A&variables={"x":1}&extensions={"t":2}')).toEqual({
      query: '{a}',
      operationName: 'A',
      variables: { x: 1 },
      extensions: { t: 2 },
    });
    expect(parse('query={a}&variables=&extensions=')).toMatchObject({ variables: {}, extensions: null });
  });

  it('keep the digits of numbers', () => {
    const { variables } = parse('query={a}&variables={"x":9007199254740993}');
    expect(JSON.stringify(variables)).toBe('{"x":9007199254740993}');
  });

  it.each<[string, RegExp]>([
    ['query={a}&query={b}', /"query" occurs more than once/],
    ['query={a}&variables={}&variables={}', /"variables" occurs more than once/],
    ['query={a}&variables={', /"variables" is not valid JSON/],
    ['query={a}&variables=[]', /"variables" must be an object/],
    ['query={a}&extensions=1', /"extensions" must be an object/],
    ['variables={}', /"query" must be a non-empty string/],
  ])('%s are refused', (text, message) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
    expect(() => parse(text)).toThrow(message);
  });
});

/**
 * Names that mean something else to JavaScript, in every place where somebody outside chooses a name. What nobody put
 * there is not there. Names in operations are in test/auth/bypass.test.ts, of schemas in the fixture `hostile-names`.
 */
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { buildSchema } from 'graphql';

import { createApiKeys } from '../../src/authn/api-keys/api-keys.ts';
import { principalOf } from '../../src/authn/jwt/claims.ts';
import { tokenFinder } from '../../src/authn/jwt/token-finder.ts';
import { createTrustedProxy } from '../../src/authn/trusted-proxy.ts';
import { claimsSchema } from '../../src/config/gateway/auth-jwt.ts';
import { expandEnvironment } from '../../src/config/yaml/environment.ts';
import { ownPolicyOf, policiesSchema, policyDefaults, policyOf } from '../../src/config/gateway/policies.ts';
import { checkYaml } from '../../src/config/yaml/file.ts';
import { compileMerge } from '../../src/execute/merge-code.ts';
import { merge, type Data } from '../../src/execute/merge.ts';
import { compilePositions } from '../../src/execute/positions-code.ts';
import { objectsAt } from '../../src/execute/positions.ts';
import { compileRepresentation, referenceRepresentation } from '../../src/execute/representation.ts';
import type { RequiredSelection } from '../../src/pipeline/prepared.ts';
import { formatFieldError } from '../../src/response/graphql-errors.ts';
import { answerHeaderRules } from '../../src/sources/headers/answer-header-rules.ts';
import { createLocalSubgraph } from '../../src/sources/local/local-source.ts';
import { RecordReader } from '../../src/sources/resolvers/record-reader.ts';
import { headerRules, noHeaderRules } from '../../src/sources/headers/request-header-rules.ts';
import { restPath } from '../../src/sources/rest/path.ts';
import { fetchFrom } from '../sources/support/fetch.ts';
import { senderTo } from '../sources/support/sender.ts';
import { startStandIn } from '../sources/support/stand-in.ts';
import { requestContext } from '../support/context.ts';
import { hostileSchemaNames, inheritedNames } from '../support/hostile-names.ts';

const headerNames = inheritedNames.map((name) => name.toLowerCase());

describe.each(inheritedNames)('%s', (name) => {
  it('is no variable of the environment, no policy and no setting of a file', async () => {
    expect(expandEnvironment(`\${${name}:-none}`, {}).text).toBe('none');
    expect(expandEnvironment(`\${${name}}`, {}).problems).toHaveLength(1);
    const policies = policiesSchema.parse({ services: {} });
    expect(policyOf(policies, 'graphql', name)).toEqual(policyDefaults);
    expect(ownPolicyOf(policies, name)).toEqual({});
    const schema = z.strictObject({
      a: z.strictObject({ b: z.number().optional() }),
      free: z.record(z.string(), z.any()),
    });
    const mistakes = [`a: { ${name}: 1 }\nfree: {}`, `a: {}\nfree: {}\n${name}: { deep: 1 }`].map((text) =>
      checkYaml(text, schema, { displayName: 'file.yaml' }),
    );
    for (const mistake of mistakes) await expect(mistake).rejects.toThrow(`${name}: unknown key`);
  });

  it('is no claim that a token lacks', () => {
    const names = claimsSchema.parse({
      subject: [name],
      roles: [name, `a.${name}`],
      scopes: [`${name}.${name}`],
    });
    const options = { names, issuer: 'i', provenBy: 'jwt' } as const;
    expect(principalOf({ a: {} }, options)).toMatchObject({ subject: null, roles: [], scopes: [] });
    const claims = JSON.parse(`{"${name}":"ada","a":{"${name}":["x"]}}`) as object;
    expect(principalOf({ ...claims }, options)).toMatchObject({ subject: 'ada', roles: ['ada'] });
  });

  it('is shown of what a service says of an error, as any other name is', () => {
    const extensions = JSON.parse(`{"${name}":{"a":1}}`) as object;
    const error = { message: 'm', code: 'C', fromBackend: true, extensions: { ...extensions } };
    const shown = formatFieldError(error, { requestId: 'r' }, { backendMessages: 'pass' });
    expect(JSON.parse(JSON.stringify(shown.extensions))).toEqual({
      ...extensions,
      code: 'C',
      requestId: 'r',
    });
  });
});

describe.each(hostileSchemaNames)('the field %s', (name) => {
  it('is not there where a service left it out', () => {
    const requires: RequiredSelection[] = [
      {
        kind: 'on',
        types: ['T'],
        selections: [
          { kind: 'field', name: '__typename', selections: null },
          { kind: 'field', name, selections: null },
        ],
      },
    ];
    for (const represent of [compileRepresentation(requires, []), referenceRepresentation(requires, [])]) {
      expect(represent({ __typename: 'T' })).toBeNull();
      expect(represent(JSON.parse(`{"__typename":"T","${name}":1}`) as Data)).toBe(
        `{"__typename":"T","${name}":1}`,
      );
    }
    for (const find of [compilePositions([{ key: name }]), (root: Data) => objectsAt(root, [{ key: name }])])
      expect(find({})).toEqual([]);
    for (const mergeInto of [compileMerge([name]), merge]) {
      const target: Data = {};
      mergeInto(target, {});
      expect(Object.keys(target)).toEqual([]);
    }
    const record = new RecordReader('users', {});
    expect(record.value(name)).toBeUndefined();
    expect(record.textOrNull(name)).toBeNull();
    expect(() => record.text(name)).toThrow();
    expect(() => restPath('users', `/:{${name}}`, { params: {} })).toThrow('no value');
  });
});

it('as keys of YAML that nothing could read afterwards is a mistake', async () => {
  const schema = z.record(z.string(), z.unknown());
  await expect(checkYaml('__proto__: { a: 1 }', schema, { displayName: 'file.yaml' })).rejects.toThrow(
    'file.yaml:1:1 __proto__: this name is not allowed',
  );
});

describe.each(headerNames)('the header %s', (name) => {
  it('is not there where nobody sent it', async () => {
    const http = { headers: {}, rawHeaders: [], socket: {} as never };
    const request = { http, clientAddress: '127.0.0.1' };
    expect(tokenFinder([{ header: name, scheme: '' }])(http)).toBeUndefined();
    const prove = createApiKeys({
      header: name,
      lookup: { find: () => undefined },
      wallClock: () => 0,
      onUsed: () => {},
    });
    expect(prove(request)).toBeUndefined();
    const proxy = { addresses: ['127.0.0.1'], subjectHeader: name, rolesHeader: name };
    expect(createTrustedProxy(proxy)(request)).toBeUndefined();
    const sent: Record<string, string> = {};
    headerRules({ ...noHeaderRules, forward: [name] })(requestContext(), sent);
    expect(sent).toEqual({});
    expect(answerHeaderRules('a', { ...noHeaderRules, respond: [name] }).of({}).lines).toEqual([]);
  });

  it('of a service is a header like any other', async () => {
    const service = await startStandIn((_, response) => {
      response.writeHead(200, ['content-type', 'application/json', name, 'one', name, 'two']);
      response.end('{}');
    });
    onTestFinished(() => service.close());
    const sender = senderTo(service.url);
    onTestFinished(() => sender.close());
    const { status, headers } = await sender.send({ headers: { [name]: 'x' } });
    expect(status).toBe(200);
    if (name !== '__proto__') expect(Object.entries(headers)).toContainEqual([name, ['one', 'two']]);
    expect(service.asked).toHaveLength(1);
  });
});

describe('a subgraph of this process', () => {
  it.each(hostileSchemaNames)(
    'gives null for a field %s that a record lacks, and no input of that name',
    async (name) => {
      const schema = buildSchema(
        `input In { ${name}: String a: Int } type Query { row: Row echo(in: In): String } type Row { ${name}: String a: Int }`,
      );
      const query = schema.getQueryType()?.getFields() ?? {};
      if (query['row']) query['row'].resolve = () => ({ a: 1 });
      if (query['echo']) query['echo'].resolve = (_, args: { in?: object }) => JSON.stringify(args.in);
      const subgraph = createLocalSubgraph({ name: 'local', schema, contextOf: (request) => ({ request }) });
      expect(await fetchFrom(subgraph, `{ row { ${name} a } }`)).toEqual({
        data: { row: { [name]: null, a: 1 } },
      });
      const variables = { in: { a: 1 } };
      expect(await fetchFrom(subgraph, 'query ($in: In) { echo(in: $in) }', { variables })).toEqual({
        data: { echo: '{"a":1}' },
      });
    },
  );
});

/** The gRPC client of resolvers against the real mock services: calls, streams, statuses, deadlines, cancellation. */

import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { GatewayError } from '../../src/shared/errors.ts';
import {
  type GrpcServiceOptions,
  type GrpcSource,
  createGrpcSource,
} from '../../src/sources/grpc/grpc-source.ts';
import { type Mocks, startMocks } from '../../subgraphs-mock/start.ts';
import { requestContext } from '../support/context.ts';
import { folderWith } from '../support/folder.ts';
import { freePort } from './support/stand-in.ts';
import { plainService } from '../support/plain-services.ts';

let mocks: Mocks;
const sources: GrpcSource[] = [];

beforeAll(async () => {
  mocks = await startMocks({ portBase: 0, only: ['inventory', 'shipping'] });
});
beforeEach(() => mocks.reset());
afterEach(async () => {
  await Promise.all(sources.splice(0).map((source) => source.close()));
});
afterAll(() => mocks.close());

/** Longer than a test may take: what ends sooner ends by something else. */
const tooLateMs = 600_000;

describe('a call', () => {
  it('speaks camelCase in both directions', async () => {
    const shipping = await given('shipping');
    const answer = await shipping.call('GetShipments', { orderIds: ['o1'] }, requestContext());
    expect(answer).toEqual({
      shipments: [
        {
          id: 'shp-o1',
          orderId: 'o1',
          status: 'IN_TRANSIT',
          carrier: expect.any(String),
          trackingCode: expect.any(String),
          estimatedDelivery: expect.any(String),
        },
      ],
    });
  });

  it('answers with defaults for what was left out, and null for NOT_FOUND', async () => {
    const inventory = await given('inventory');
    expect(await inventory.call('GetStocks', { upcs: [] }, requestContext())).toEqual({ stocks: [] });
    expect(await inventory.call('GetStock', { upc: 'none' }, requestContext())).toBeNull();
  });

  it('sends forwarded headers as metadata, except what gRPC owns', async () => {
    const inventory = await given('inventory');
    const forwardHeaders = {
      'x-user-id': 'u1',
      'x-file-bin': 'AAAA',
      'grpc-timeout': '1n',
      'content-type': 'text/plain',
      te: 'gzip',
    };
    const context = requestContext({ requestId: 'r-1', forwardHeaders });
    expect(await inventory.call('GetStock', { upc: 'p1' }, context)).toMatchObject({ upc: 'p1' });
    const [call] = mocks.service('inventory').calls.list();
    expect(call?.headers).toMatchObject({ 'x-user-id': 'u1', 'x-request-id': 'r-1' });
    for (const name of ['x-file-bin', 'te']) expect(call?.headerNames).not.toContain(name);
  });

  it('ignores proxies of the environment', async () => {
    const before = process.env['http_proxy'];
    process.env['http_proxy'] = `http://127.0.0.1:${await freePort()}`;
    process.env['grpc_proxy'] = process.env['http_proxy'];
    try {
      const inventory = await given('inventory');
      expect(await inventory.call('GetStock', { upc: 'p1' }, requestContext())).toMatchObject({ upc: 'p1' });
    } finally {
      delete process.env['grpc_proxy'];
      if (before === undefined) delete process.env['http_proxy'];
      else process.env['http_proxy'] = before;
    }
  });

  it.each([
    [1, 'SERVICE_UNAVAILABLE'],
    [3, 'SERVICE_ERROR'],
    [4, 'SERVICE_TIMEOUT'],
    [7, 'SERVICE_ERROR'],
    [8, 'SERVICE_UNAVAILABLE'],
    [13, 'SERVICE_ERROR'],
    [14, 'SERVICE_UNAVAILABLE'],
    [16, 'SERVICE_ERROR'],
  ])('fails for status %i with %s', async (status, code) => {
    const inventory = await given('inventory');
    mocks.service('inventory').faults.set({ status });
    const error = await failure(inventory.call('GetStock', { upc: 'p1' }, requestContext()));
    expect(error).toMatchObject({ code, public: { service: 'inventory' } });
    expect(error.message).not.toMatch(/127\.0\.0\.1|fault/);
  });

  it('fails with SERVICE_BAD_RESPONSE for bytes that do not decode', async () => {
    const inventory = await given('inventory');
    mocks.service('inventory').faults.set({ garbage: true });
    expect(await failure(inventory.call('GetStock', { upc: 'p1' }, requestContext()))).toMatchObject({
      code: 'SERVICE_BAD_RESPONSE',
    });
  });

  it('fails with SERVICE_UNAVAILABLE when nothing listens, and works once the service is there', async () => {
    const inventory = await given('inventory');
    await mocks.service('inventory').stop();
    const call = () => inventory.call('GetStock', { upc: 'p1' }, requestContext());
    expect(await failure(call())).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    await mocks.service('inventory').restart();
    await expect.poll(() => call().catch(() => undefined)).toMatchObject({ upc: 'p1' });
  });

  it('ends at its timeout or at the deadline of the request, whichever is sooner', async () => {
    mocks.service('inventory').faults.set({ hang: true });
    const hasty = await given('inventory', { timeoutMs: 60 });
    const patient = await given('inventory', { timeoutMs: tooLateMs });
    const errors = await Promise.all([
      failure(hasty.call('GetStock', { upc: 'p1' }, requestContext({ deadlineInMs: tooLateMs }))),
      failure(patient.call('GetStock', { upc: 'p1' }, requestContext({ deadlineInMs: 60 }))),
    ]);
    expect(errors.map(({ code }) => code)).toEqual(['SERVICE_TIMEOUT', 'SERVICE_TIMEOUT']);
  });

  it('ends with a cancellation, here and at the service', async () => {
    mocks.service('inventory').faults.set({ hang: true });
    const inventory = await given('inventory');
    const context = requestContext();
    const pending = failure(inventory.call('GetStock', { upc: 'p1' }, context));
    const { calls } = mocks.service('inventory');
    await expect.poll(() => calls.list().length, { interval: 5 }).toBe(1);
    const reason = new GatewayError('CANCELLED', 'the client left');
    context.cancellation.cancel(reason);
    expect(await pending).toBe(reason);
    await expect.poll(() => calls.list()[0]?.outcome, { interval: 5 }).toBe('aborted');
  });

  it('is not sent once the request is over', async () => {
    const inventory = await given('inventory');
    const cancelled = requestContext();
    cancelled.cancellation.cancel(new GatewayError('CANCELLED', 'the client left'));
    const late = requestContext({ deadlineInMs: -1 });
    expect(await failure(inventory.call('GetStock', { upc: 'p1' }, cancelled))).toMatchObject({
      code: 'CANCELLED',
    });
    expect(await failure(inventory.call('GetStock', { upc: 'p1' }, late))).toMatchObject({
      code: 'SERVICE_TIMEOUT',
    });
    expect(mocks.service('inventory').calls.total).toBe(0);
  });

  it('is refused at once while too many are under way, and taken again afterwards', async () => {
    const inventory = await given('inventory', { callsMax: 1 });
    mocks.service('inventory').faults.set({ latencyMs: 40, times: 1 });
    const first = inventory.call('GetStock', { upc: 'p1' }, requestContext());
    expect(await failure(inventory.call('GetStock', { upc: 'p2' }, requestContext()))).toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });
    expect(await first).toMatchObject({ upc: 'p1' });
    expect(await inventory.call('GetStock', { upc: 'p2' }, requestContext())).toMatchObject({ upc: 'p2' });
  });

  it('of a method the service does not have is a defect of the resolver', async () => {
    const inventory = await given('inventory');
    await expect(inventory.call('GetStok', {}, requestContext())).rejects.toThrow(
      'inventory has no method GetStok',
    );
  });
});

describe('a stream', () => {
  it('gives every message in order', async () => {
    const inventory = await given('inventory');
    const upcs: unknown[] = [];
    for await (const stock of inventory.stream(
      'WatchStock',
      { upcs: ['p1', 'p2'], updates: 4 },
      requestContext(),
    )) {
      upcs.push((stock as { upc: string }).upc);
    }
    expect(upcs).toEqual(['p1', 'p2', 'p1', 'p2']);
  });

  it('is cancelled at the service when the reader leaves', async () => {
    const inventory = await given('inventory', { callsMax: 1 });
    for await (const stock of inventory.stream(
      'WatchStock',
      { upcs: ['p1'], updates: 0 },
      requestContext(),
    )) {
      expect(stock).toMatchObject({ upc: 'p1' });
      break;
    }
    const { calls } = mocks.service('inventory');
    await expect.poll(() => calls.list()[0]?.outcome).toBe('aborted');
    expect(await inventory.call('GetStock', { upc: 'p1' }, requestContext())).toMatchObject({ upc: 'p1' });
  });

  it('ends with the reason when the request is cancelled', async () => {
    const inventory = await given('inventory');
    const context = requestContext();
    const reason = new GatewayError('CANCELLED', 'the client left');
    const reading = failure(
      (async () => {
        for await (const _stock of inventory.stream('WatchStock', { upcs: ['p1'], updates: 0 }, context)) {
          context.cancellation.cancel(reason);
        }
      })(),
    );
    expect(await reading).toBe(reason);
  });

  it('ends with SERVICE_TIMEOUT at the deadline', async () => {
    mocks.service('inventory').faults.set({ hang: true });
    const inventory = await given('inventory');
    const context = requestContext({ deadlineInMs: 60 });
    const stream = inventory
      .stream('WatchStock', { upcs: ['p1'], updates: 0 }, context)
      [Symbol.asyncIterator]();
    expect(await failure(stream.next())).toMatchObject({ code: 'SERVICE_TIMEOUT' });
  });

  it('fails with the code of its status', async () => {
    const shipping = await given('shipping');
    const stream = shipping
      .stream('TrackShipment', { orderId: 'none' }, requestContext())
      [Symbol.asyncIterator]();
    expect(await failure(stream.next())).toMatchObject({
      code: 'SERVICE_ERROR',
      public: { service: 'shipping', serviceCode: 'NOT_FOUND' },
    });
  });
});

describe('a source that cannot be made', () => {
  it.each([
    [
      { service: 'tributary.inventory.v1.Stock' },
      'source inventory: its proto file has no service tributary.inventory.v1.Stock; services in it and its imports: tributary.inventory.v1.Inventory',
    ],
    [
      { service: 'nothing.At.All' },
      'source inventory: its proto file has no service nothing.At.All; services in it and its imports: tributary.inventory.v1.Inventory',
    ],
    [
      { protoPath: '/nowhere.proto' },
      "source inventory: its proto file cannot be read: ENOENT: no such file or directory, open '/nowhere.proto'",
    ],
  ])('says why: %j', async (options, message) => {
    const error = await failure(given('inventory', options));
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message });
  });
});

describe('imports of proto files', () => {
  const money =
    'syntax = "proto3"; package common.v1; message Money { string currency = 1; int64 units = 2; }';
  const shop = (
    path: string,
  ) => `syntax = "proto3"; package shop.v1; import "${path}"; import "google/protobuf/descriptor.proto";
service Shop { rpc Find(Filter) returns (common.v1.Money); } message Filter { int64 account = 1; }`;

  it.each([
    ['an include directory', 'common/v1/money.proto', ['protos']],
    ['the second of two', 'common/v1/money.proto', ['other', 'protos']],
    ['beside the file that imports', '../../common/v1/money.proto', []],
  ])('are found in %s', async (_where, path, includeDirs) => {
    const { open } = await protoFolder(path);
    await expect(open(includeDirs)).resolves.toBeDefined();
  });

  it('that are nowhere are told with the paths that were looked for', async () => {
    const { folder, open } = await protoFolder('common/v1/money.proto');
    const place = `${folder}/protos/shop/v1`;
    expect(await failure(open([]))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: `source shop: its proto file cannot be read: ${place}/shop.proto imports "common/v1/money.proto", which is not at ${place}/common/v1/money.proto; name the folder from which it is imported in "includeDirs"`,
    });
    const { message } = await failure(open(['other']));
    expect(message).toContain(
      `not at ${folder}/other/common/v1/money.proto or ${place}/common/v1/money.proto`,
    );
  });

  it('and mistakes in a file are told with file and line', async () => {
    const folder = await folderWith({ 'a.proto': 'syntax = "proto3";\nmessage A { strin }' });
    const wrong = createGrpcSource(
      { protoPath: `${folder}/a.proto`, service: 'A' },
      plainService({ name: 'shop', urls: ['grpc://127.0.0.1:1'] }),
    );
    expect((await failure(wrong)).message).toMatch(/a\.proto.*line 2/);
  });

  async function protoFolder(path: string) {
    const folder = await folderWith({
      'protos/common/v1/money.proto': money,
      'protos/shop/v1/shop.proto': shop(path),
      'other/none.proto': '',
    });
    const open = async (includeDirs: readonly string[]): Promise<GrpcSource> => {
      const source = await createGrpcSource(
        {
          protoPath: `${folder}/protos/shop/v1/shop.proto`,
          service: 'shop.v1.Shop',
          includeDirs: includeDirs.map((one) => `${folder}/${one}`),
        },
        plainService({ name: 'shop', urls: ['grpc://127.0.0.1:1'] }),
      );
      sources.push(source);
      return source;
    };
    return { folder, open };
  }
});

interface Given extends Partial<GrpcServiceOptions> {
  readonly timeoutMs?: number;
}

async function given(name: 'inventory' | 'shipping', { timeoutMs = 5000, ...options }: Given = {}) {
  const protoPath = fileURLToPath(new URL(`../../schemas/protos/${name}.proto`, import.meta.url));
  const service = {
    inventory: 'tributary.inventory.v1.Inventory',
    shipping: 'tributary.shipping.v1.Shipping',
  }[name];
  const { url } = mocks.service(name);
  const source = await createGrpcSource(
    { protoPath, service, ...options },
    plainService({ name, urls: [url], timeoutMs }),
  );
  sources.push(source);
  return source;
}

async function failure(call: Promise<unknown>): Promise<GatewayError> {
  return call.then(
    () => expect.fail('the call succeeded'),
    (error: unknown) => error as GatewayError,
  );
}

/** Starts a mock: its service, control address, call log and faults. */

import type { Server } from 'node:net';

import { CallLog } from './call-log.ts';
import { startControl } from './control.ts';
import { Faults } from './faults.ts';
import { createHttpServer } from './http-service.ts';
import type { HttpApp } from './http-service.ts';
import { host, listen } from './listener.ts';
import { mockTable } from './mock.ts';
import type { Mock, MockName, StartOptions } from './mock.ts';

export interface MockOptions {
  createServer(calls: CallLog, faults: Faults): Server;
  urlOf(address: string): string;
  resetData(): void;
  /** Additional views at the control address, by path. */
  readonly views?: Readonly<Record<string, () => unknown>>;
}

export interface HttpMockOptions extends Pick<MockOptions, 'resetData' | 'views'> {
  readonly app: HttpApp;
  /** Path of the service. Default: the root. */
  readonly path?: string;
}

const controlPortOffset = 100;

export function startHttpMock(name: MockName, mock: HttpMockOptions, options: StartOptions): Promise<Mock> {
  return startMock(
    name,
    {
      ...mock,
      createServer: (calls, faults) => createHttpServer(mock.app, calls, faults),
      urlOf: (address) => `http://${address}${mock.path ?? ''}`,
    },
    options,
  );
}

export async function startMock(name: MockName, mock: MockOptions, options: StartOptions): Promise<Mock> {
  const { protocol, port: defaultPort } = mockTable[name];
  const calls = new CallLog();
  const faults = new Faults(protocol === 'grpc' ? 'grpc' : 'http');
  const port = options.port ?? defaultPort;
  const listener = await listen(() => mock.createServer(calls, faults), port);
  faults.onDown(listener.drop);

  function reset(): void {
    mock.resetData();
    faults.clear();
    calls.clear();
  }

  const url = mock.urlOf(`${host}:${listener.port}`);
  try {
    const control = await startControl(
      { name, url, calls, faults, reset, views: mock.views ?? {} },
      options.controlPort ?? (port === 0 ? 0 : port + controlPortOffset),
    );
    const close = async (): Promise<void> => {
      await Promise.all([listener.stop(), control.close()]);
    };
    return {
      name,
      protocol,
      url,
      controlUrl: control.url,
      calls,
      faults,
      reset,
      stop: listener.stop,
      restart: listener.restart,
      close,
    };
  } catch (error) {
    await listener.stop();
    throw error;
  }
}

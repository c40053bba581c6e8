import { describe, expect, it } from 'vitest';

import { Events } from './events.ts';

describe('events', () => {
  it('reach listeners until they unsubscribe', () => {
    const events = new Events();
    const heard: string[] = [];
    const leave = events.on('graphReplaced', ({ hash }) => heard.push(`first ${hash}`));
    events.on('graphReplaced', ({ hash }) => heard.push(`second ${hash}`));
    events.emit('graphReplaced', { hash: 'a' });
    leave();
    leave();
    events.emit('graphReplaced', { hash: 'b' });
    expect(heard).toEqual(['first a', 'second a', 'second b']);
  });

  it('reach all listeners of before, where one of them leaves meanwhile', () => {
    const events = new Events();
    const heard: string[] = [];
    const leave = events.on('graphReplaced', () => leave());
    events.on('graphReplaced', () => heard.push('second'));
    events.emit('graphReplaced', { hash: 'a' });
    expect(heard).toEqual(['second']);
  });
});

const begins = { requestId: 'r', method: 'POST', route: '/graphql', traceId: null, isSampled: false };

describe('spans', () => {
  it('are not made without listeners', () => {
    const events = new Events();
    expect(events.begin('request', begins)).toBeUndefined();
    const leave = events.on('requestEnded', () => {});
    expect(events.begin('request', begins)).toBeTypeOf('function');
    leave();
    expect(events.begin('request', begins)).toBeUndefined();
  });

  it('have one id from their begin to their end, and end once', async () => {
    const events = new Events();
    const heard: unknown[] = [];
    events.on('preparationBegan', (event) => heard.push(event));
    events.on('preparationEnded', ({ durationMs, ...event }) =>
      heard.push({ ...event, took: durationMs >= 0 }),
    );
    const names = ['A', 'B'] as const;
    await Promise.all(
      names.map((operationName) => events.during('preparation', { operationName }, () => Promise.resolve(1))),
    );
    expect(heard).toEqual([
      { operationName: 'A', spanId: 1 },
      { operationName: 'B', spanId: 2 },
      { operationName: 'A', spanId: 1, error: null, took: true },
      { operationName: 'B', spanId: 2, error: null, took: true },
    ]);
  });

  it.each([
    [
      'at once',
      () => {
        throw new Error('failed');
      },
    ],
    ['later', () => Promise.reject(new Error('failed'))],
  ])('end with the error of what fails %s', async (_, work: () => unknown) => {
    const events = new Events();
    const errors: unknown[] = [];
    events.on('preparationEnded', ({ error }) => errors.push(error));
    await expect(async () => events.during('preparation', { operationName: null }, work)).rejects.toThrow(
      'failed',
    );
    expect(errors).toEqual([new Error('failed')]);
  });
});

/** What SIGTERM, SIGINT and SIGHUP do to a command that goes on running. */

import { constants } from 'node:os';

import type { RunningGateway } from '../assembly/start.ts';

const parentPollMs = 500;

type Closable = Pick<RunningGateway, 'close' | 'reload'>;

/**
 * SIGTERM and SIGINT end the process: at once while it starts, when nobody is served yet; after that with code 0 once it
 * has drained. A second one ends it at once. SIGHUP reloads.
 *
 * @returns To be called with what runs, once it does.
 */
export function closeOnSignals(): (running: Closable) => void {
  let serving: Closable | undefined;
  let signalled = false;
  // The first process of a container gets no signal that it does not listen to.
  const onSignal = (signal: 'SIGTERM' | 'SIGINT'): void => {
    if (!serving) process.exit(128 + constants.signals[signal]);
    if (signalled) process.exit(130);
    signalled = true;
    serving.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  onLostParent(() => onSignal('SIGTERM'));
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('SIGHUP', () => void serving?.reload());
  return (running) => (serving = running);
}

/** npx starts a command by a shell, which SIGTERM ends without the command being told. */
function onLostParent(run: () => void): void {
  if (process.env['npm_command'] !== 'exec') return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    run();
  }, parentPollMs).unref();
}

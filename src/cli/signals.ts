/** How a long-running command handles SIGTERM, SIGINT, SIGHUP and SIGUSR1. */

import { constants } from 'node:os';

import type { RunningGateway } from '../assembly/start.ts';

const parentPollMs = 500;

type Closable = Pick<RunningGateway, 'close' | 'reload' | 'switchLogLevel'>;

/**
 * SIGTERM and SIGINT end the process: at once while it starts, later with code 0 after a graceful shutdown. A second
 * signal ends it at once. SIGHUP reloads. SIGUSR1 switches the log between the configured level and `debug`.
 *
 * @returns To be called with the gateway once it serves.
 */
export function closeOnSignals(): (running: Closable) => void {
  let serving: Closable | undefined;
  let isClosing = false;
  // The kernel delivers a signal to PID 1 of a container only if it has a handler.
  const onSignal = (signal: 'SIGTERM' | 'SIGINT'): void => {
    if (!serving) process.exit(128 + constants.signals[signal]);
    if (isClosing) process.exit(130);
    isClosing = true;
    serving.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  onParentExit(() => onSignal('SIGTERM'));
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('SIGHUP', () => void serving?.reload());
  // Without a listener Node would open the port of its debugger.
  process.on('SIGUSR1', () => serving?.switchLogLevel());
  return (running) => (serving = running);
}

/** npx starts a command through a shell, which ends on SIGTERM without passing the signal on. */
function onParentExit(run: () => void): void {
  if (process.env['npm_command'] !== 'exec') return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    run();
  }, parentPollMs).unref();
}

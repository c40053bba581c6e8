/** How a long-running command handles SIGTERM, SIGINT, SIGHUP and SIGUSR1. */

import { constants } from 'node:os';

import type { RunningGateway } from '../assembly/start.ts';
import { monotonicClock } from '../shared/clock.ts';

const parentPollMs = 500;
/** A signal to a whole group comes again from npm, which passes it on. */
const repeatedSignalMs = 2000;

type Closable = Pick<RunningGateway, 'close' | 'reload' | 'switchLogLevel'>;

/**
 * SIGTERM and SIGINT end the process: at once while it starts, later with code 0 after a graceful shutdown. Another signal
 * two seconds later ends it at once. SIGHUP reloads. SIGUSR1 switches the log between the configured level and `debug`.
 *
 * @returns To be called with the gateway once it serves.
 */
export function closeOnSignals(): (running: Closable) => void {
  let serving: Closable | undefined;
  let closingSinceMs: number | undefined;
  // The kernel delivers a signal to PID 1 of a container only if it has a handler.
  const onSignal = (signal: 'SIGTERM' | 'SIGINT'): void => {
    if (!serving) process.exit(128 + constants.signals[signal]);
    if (closingSinceMs !== undefined) {
      if (monotonicClock() - closingSinceMs >= repeatedSignalMs) process.exit(130);
      return;
    }
    closingSinceMs = monotonicClock();
    serving.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  onParentExit(() => closingSinceMs === undefined && onSignal('SIGTERM'));
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('SIGHUP', () => void serving?.reload());
  // Without a listener Node would open the port of its debugger.
  process.on('SIGUSR1', () => serving?.switchLogLevel());
  return (running) => (serving = running);
}

/** npx starts a command through a shell, which ends on SIGTERM without passing the signal on. */
function onParentExit(run: () => unknown): void {
  if (process.env['npm_command'] !== 'exec') return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    run();
  }, parentPollMs).unref();
}

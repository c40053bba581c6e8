/** Subscriptions that follow the level of the log, which may change at any time. */

import type { Logger } from 'pino';

type Unsubscribe = () => void;

/** Events of a level that is off cost nothing: they have no listener. */
export function whileEnabled(
  logger: Logger,
  level: 'warn' | 'info' | 'debug',
  subscribe: () => readonly Unsubscribe[],
): void {
  let subscriptions: readonly Unsubscribe[] | undefined;
  const update = (): void => {
    if (logger.isLevelEnabled(level)) {
      subscriptions ??= subscribe();
      return;
    }
    for (const unsubscribe of subscriptions ?? []) unsubscribe();
    subscriptions = undefined;
  };
  logger.on('level-change', update);
  update();
}

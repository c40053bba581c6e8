/** The load generator: does what the runner orders over IPC, over raw sockets, so that it costs little of its core. */

import { runPass } from './pass.ts';
import type { LoadMessage, LoadOrder } from './protocol.ts';
import { LoadWindow } from './window.ts';

process.on('message', (order: LoadOrder) => {
  obey(order).then(tell, (error: unknown) =>
    tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));

async function obey(order: LoadOrder): Promise<LoadMessage> {
  if (order.kind === 'pass') return { kind: 'pass', result: await runPass(order) };
  const window = new LoadWindow(order);
  try {
    return { kind: 'window', result: await window.run() };
  } finally {
    window.stop();
  }
}

function tell(message: LoadMessage): void {
  process.send?.(message);
}

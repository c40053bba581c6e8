/**
 * Promises that are rejected while nobody waits for them, such as the second of two loads of which the first failed. The
 * executor of in-process subgraphs leaves them behind where a list or an object is given up, and so do resolvers of users.
 * Node would end the process, and every client with it.
 */

import type { Events } from '../shared/events.ts';

/** Reports them as defects. @returns Ends that. */
export function reportUnhandledRejections(events: Events): () => void {
  const report = (error: unknown): void =>
    events.emit('defect', { where: 'unhandled rejection', requestId: null, error });
  process.on('unhandledRejection', report);
  return () => void process.off('unhandledRejection', report);
}

/** Asks each request once, in order, and brings the answers back: what new operations cost, and whether all are right. */

import { Connection, RequestBytes } from './connection.ts';
import type { PassOrder, PassResult } from './protocol.ts';
import { nowUs, usageOf } from './proc.ts';

const brokenMax = 20;

export async function runPass({ port, path, pid, bodies, connections }: PassOrder): Promise<PassResult> {
  const answers: Array<PassResult['answers'][number]> = [];
  const open: Connection[] = [];
  const asked = new Map<Connection, number>();
  let next = 0;
  let broken = 0;
  const before = usageOf(pid);
  const openedAtUs = nowUs();
  try {
    await new Promise<void>((resolve, reject) => {
      const events = {
        onFree(connection: Connection): void {
          const body = bodies[next];
          if (body === undefined) {
            if (asked.size === 0) resolve();
            return;
          }
          asked.set(connection, next);
          next += 1;
          connection.send(new RequestBytes(path, port, body).numbered(0), true);
        },
        onAnswer(
          { status, body }: { status: number; body: Buffer | undefined },
          connection: Connection,
        ): void {
          const index = asked.get(connection);
          asked.delete(connection);
          if (index !== undefined) answers[index] = { status, text: body?.toString() ?? '' };
        },
        onBroken(reason: string, connection: Connection): void {
          const index = asked.get(connection);
          asked.delete(connection);
          if (index !== undefined) answers[index] = { status: 0, text: reason };
          broken += 1;
          if (broken > brokenMax) reject(new Error(`${broken} connections broke: ${reason}`));
        },
      };
      for (let opened = 0; opened < connections; opened += 1) open.push(new Connection(port, events));
    });
  } finally {
    for (const connection of open) connection.close();
  }
  const after = usageOf(pid);
  return { answers, cpuMs: after.cpuMs - before.cpuMs, rssMb: after.rssMb, openedAtUs, closedAtUs: nowUs() };
}

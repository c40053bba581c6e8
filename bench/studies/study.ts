/** What a study gives back, and what all of them need. */

import { usageOf } from '../load/proc.ts';
import type { GatewayKind } from '../gateway-kind.ts';
import { type RunningGateway, StartError } from '../gateways.ts';
import type { Options } from '../options.ts';
import { sleep } from '../processes.ts';
import type { Stage } from '../stage.ts';
import { askOnce } from '../verify.ts';
import type { GeneratedGraph } from './generated.ts';

export interface StudyTerms {
  readonly stage: Stage;
  readonly options: Options;
  readonly kinds: readonly GatewayKind[];
  /** Made when it is asked for first. */
  readonly generated: () => Promise<GeneratedGraph>;
}

/** One figure of the table of all workloads. */
export interface OverviewCell {
  readonly workload: string;
  readonly gateway: string;
  readonly text: string;
}

export interface StudyResult {
  readonly title: string;
  /** Each has the same columns; those of one gateway and case. */
  readonly rows: ReadonlyArray<Readonly<Record<string, string | number>>>;
  readonly overview: readonly OverviewCell[];
  readonly notes: readonly string[];
}

const quietShare = 0.03;
const lookMs = 1000;
const settleMsMax = 45_000;

/** Waits until the gateway has loaded all it loads by itself, so that only what it is asked is measured. */
export async function settled(gateway: RunningGateway): Promise<void> {
  await askOnce(gateway, JSON.stringify({ query: '{ __typename }' }));
  const { pid } = gateway.process;
  const deadlineMs = performance.now() + settleMsMax;
  let last = usageOf(pid).cpuMs;
  while (performance.now() < deadlineMs) {
    await sleep(lookMs);
    const now = usageOf(pid).cpuMs;
    if (now - last < quietShare * lookMs) return;
    last = now;
  }
}

/** Measures one gateway after the other. That one does not start which need not is a note. */
export async function eachGateway(
  kinds: readonly GatewayKind[],
  notes: string[],
  measure: (kind: GatewayKind) => Promise<void>,
): Promise<void> {
  for (const kind of kinds) {
    try {
      await measure(kind);
    } catch (error) {
      if (kind.optional !== true || !(error instanceof StartError)) throw error;
      notes.push(`left out: ${error.message}`);
    }
  }
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

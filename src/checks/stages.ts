/** Runs the stages of a check one after another, and notes how long each took. */

import { monotonicClock } from '../shared/clock.ts';
import type { Finding, StageName, StageResult } from './report.ts';

interface StageRun {
  readonly name: StageName;
  readonly client: string | null;
  durationMs: number;
}

export class Stages {
  readonly #runs: StageRun[] = [];
  readonly #skipped: StageName[] = [];
  readonly findings: Finding[] = [];

  /**
   * A stage may run in several parts.
   *
   * @param client Null: the stage is of all clients.
   * @param work Its findings are added to those of the check.
   */
  async run(
    name: StageName,
    client: string | null,
    work: () => readonly Finding[] | Promise<readonly Finding[]>,
  ): Promise<void> {
    const startedAtMs = monotonicClock();
    this.findings.push(...(await work()));
    const durationMs = Math.round(monotonicClock() - startedAtMs);
    const before = this.#runs.find((run) => run.name === name && run.client === client);
    if (before) before.durationMs += durationMs;
    else this.#runs.push({ name, client, durationMs });
  }

  /** Stages that take no time of their own. */
  add(...names: readonly StageName[]): void {
    for (const name of names) this.#runs.push({ name, client: null, durationMs: 0 });
  }

  skip(names: readonly StageName[]): void {
    this.#skipped.push(...names);
  }

  /** @param findings Of the whole check: a policy may have decided otherwise than the stage did. */
  results(findings: readonly Finding[]): StageResult[] {
    const isOfRun = (finding: Finding, { name, client }: StageRun): boolean =>
      finding.stage === name &&
      (finding.client === client ||
        (client === null && !this.#runs.some((run) => run.name === name && run.client === finding.client)));
    const results = this.#runs.map((run): StageResult => {
      const isFailed = hasErrors(findings.filter((finding) => isOfRun(finding, run)));
      return { ...run, status: isFailed ? 'failed' : 'passed' };
    });
    const skipped = this.#skipped.map((name): StageResult => ({
      name,
      client: null,
      status: 'skipped',
      durationMs: 0,
    }));
    return [...results, ...skipped];
  }
}

export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some(({ severity, override }) => severity === 'error' && override === null);
}

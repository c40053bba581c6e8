/** Checks the files of the working tree against a base, as `tributary check` does, and prints what changed since the last time. */

import { existsSync } from 'node:fs';

import { changesText } from '../../checks/outputs/changes.ts';
import type { CheckReport } from '../../checks/report.ts';
import { errorText } from '../../shared/error-text.ts';
import type { FlagValues } from '../arguments.ts';
import { outputOptions, runCheck } from '../check-run.ts';
import type { ClientLocations } from '../client-arguments.ts';
import type { Notices } from './notices.ts';

export interface SchemaCheckOptions {
  readonly locations: ClientLocations;
  /** A git ref, a folder or a supergraph file. Undefined: the merge base. */
  readonly base: string | undefined;
  readonly operations: readonly string[];
}

export class SchemaCheck {
  readonly #flags: FlagValues | null;
  #report: CheckReport | null = null;

  constructor({ locations, base, operations }: SchemaCheckOptions) {
    const { graph, clients } = locations;
    const file = 'graphPath' in graph ? graph.graphPath : graph.supergraph;
    this.#flags = /^https?:\/\//.test(file)
      ? null
      : { graph: file, clients: existsSync(clients) ? clients : undefined, base, operations };
  }

  /** @param signal Ends it, and then nothing is printed. Never rejects. */
  async run(notices: Notices, signal: AbortSignal): Promise<void> {
    if (this.#flags === null) {
      notices.problem('check', 'No schema check: the supergraph is not in a file.');
      return;
    }
    try {
      const { states, report } = await runCheck(this.#flags, undefined, signal);
      const text = changesText(report, this.#report, outputOptions(states.graph));
      this.#report = report;
      notices.problem('check', null);
      notices.say(text.trimEnd());
    } catch (error) {
      if (signal.aborted) return;
      notices.problem('check', `No schema check: ${errorText(error)}`);
    }
  }
}

/** Runs the studies that were asked for. */

import { kindsAskedFor } from '../gateways.ts';
import type { Options } from '../options.ts';
import type { Stage } from '../stage.ts';
import { studies, type StudyName } from '../workloads.ts';
import { openGenerated, type GeneratedGraph } from './generated.ts';
import { measureLatency } from './latency.ts';
import { measureMemory } from './memory.ts';
import { measureMix } from './mix.ts';
import { measureNew } from './new.ts';
import { measureSchema } from './schema.ts';
import type { StudyResult, StudyTerms } from './study.ts';
import { measureWaits } from './waits.ts';

const measureBy: Readonly<Record<StudyName, (terms: StudyTerms) => Promise<StudyResult>>> = {
  mix: measureMix,
  new: measureNew,
  schema: measureSchema,
  latency: measureLatency,
  memory: measureMemory,
  waits: measureWaits,
};

export async function runStudies(stage: Stage, options: Options): Promise<StudyResult[]> {
  let generated: Promise<GeneratedGraph> | undefined;
  const terms: StudyTerms = {
    stage,
    options,
    // The floor knows the answers of single operations only.
    kinds: kindsAskedFor(options.gateways, stage.binaries).kinds.filter(({ name }) => name !== 'floor'),
    generated: () => (generated ??= openGenerated(stage)),
  };
  const results: StudyResult[] = [];
  for (const { name } of studies) {
    if (options.workloads.includes(name)) results.push(await measureBy[name](terms));
  }
  return results;
}

/** What limits need to know of an operation. Types only; `operation/` knows them, and `assembly/` brings the two together. */

import type { PreparedOperation } from '../pipeline/prepared.ts';
import type { Answer } from '../pipeline/answer.ts';
import type { Prepared } from '../pipeline/stages.ts';

type Executable = Prepared<{ readonly prepared: PreparedOperation }>;

export interface OperationFigures {
  /** @throws {GatewayError} `COST_ESTIMATED_TOO_EXPENSIVE`. */
  assertCost(prepared: Executable): void;
  /** Estimated cost. */
  points(prepared: Executable): number;
  /** Cost of the answer. */
  actual(prepared: Executable, data: Answer['data']): number;
  /** The estimate that is too much for one operation. Null: none is. */
  maximumOf(prepared: Executable): number | null;
  /** Planned calls to services. */
  calls(prepared: Executable): number;
  /** The selections of a field, each alias by itself: the arguments that keys go by. */
  selections(prepared: Executable, coordinate: string): ReadonlyArray<ReadonlyMap<string, unknown>>;
}

/** What each output format has in common. */

import type { CheckReport } from '../report.ts';

export interface OutputOptions {
  /** Whether `text` has colours. */
  readonly colour: boolean;
  /** How the command is started, as hints repeat it, such as `npx --no -- tributary`. */
  readonly command: string;
  /** Where findings without a location are shown by readers that demand one. Relative to the root of the repository. */
  readonly graphFile: string;
  /** ISO 8601 date, for the overrides that are printed ready to commit. */
  readonly overrideExpires: string;
}

export interface OutputFormat {
  /** As `--out NAME=PATH` has it. */
  readonly name: string;
  /** One line, for the help text of the command. */
  readonly description: string;
  /** Without side effects. The text ends with a newline where it is not empty. */
  readonly render: (report: CheckReport, options: OutputOptions) => string;
}

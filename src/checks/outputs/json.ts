/** The report itself. `docs/reference/check-report.schema.json` describes it. */

import type { OutputFormat } from './output-format.ts';
import { visibleJson } from './visible-text.ts';

export const jsonFormat: OutputFormat = {
  name: 'json',
  description: 'the report, as docs/reference/check-report.schema.json describes it',
  render: (report) => `${visibleJson(report, 2)}\n`,
};

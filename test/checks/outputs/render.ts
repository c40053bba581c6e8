import { outputFormats } from '../../../src/checks/outputs/formats.ts';
import type { OutputOptions } from '../../../src/checks/outputs/output-format.ts';
import type { CheckReport } from '../../../src/checks/report.ts';
import { options as defaults } from './reports.ts';

export function render(name: string, report: CheckReport, options: Partial<OutputOptions> = {}): string {
  const format = outputFormats.get(name);
  if (format === undefined) throw new Error(`there is no format ${name}`);
  return format.render(report, { ...defaults, ...options });
}

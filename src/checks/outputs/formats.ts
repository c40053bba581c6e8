/** The output formats by name, as `--out NAME=PATH` has them. */

import { githubFormat } from './github.ts';
import { gitlabFormat } from './gitlab.ts';
import { jsonFormat } from './json.ts';
import { junitFormat } from './junit.ts';
import { githubSummaryFormat, markdownFormat } from './markdown.ts';
import type { OutputFormat } from './output-format.ts';
import { sarifFormat } from './sarif.ts';
import { textFormat } from './text.ts';

export const outputFormats: ReadonlyMap<string, OutputFormat> = new Map(
  [
    textFormat,
    jsonFormat,
    githubFormat,
    githubSummaryFormat,
    markdownFormat,
    junitFormat,
    sarifFormat,
    gitlabFormat,
  ].map((format) => [format.name, format]),
);

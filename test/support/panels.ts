/** The dashboards of deploy/grafana, as far as tests look at them. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { deployFolder } from './prometheus.ts';

export const dashboardFolder = join(deployFolder, 'grafana/dashboards');

export interface Panel {
  /** `overview: Requests per second` */
  readonly name: string;
  /** In Grafana's dialect of PromQL, which has variables. */
  readonly expressions: readonly string[];
}

export interface Dashboard {
  readonly file: string;
  readonly uid: string;
  readonly datasources: readonly string[];
  readonly panels: readonly Panel[];
}

interface DashboardFile {
  readonly uid: string;
  readonly panels: ReadonlyArray<{
    readonly title: string;
    readonly datasource: { readonly uid: string };
    readonly targets: ReadonlyArray<{ readonly expr: string }>;
  }>;
}

export async function readDashboards(): Promise<readonly Dashboard[]> {
  const files = (await readdir(dashboardFolder)).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const { uid, panels } = JSON.parse(
        await readFile(join(dashboardFolder, file), 'utf8'),
      ) as DashboardFile;
      return {
        file,
        uid,
        datasources: panels.map(({ datasource }) => datasource.uid),
        panels: panels.map(({ title, targets }) => ({
          name: `${file.replace('.json', '')}: ${title}`,
          expressions: targets.map(({ expr }) => expr),
        })),
      };
    }),
  );
}

/** As Grafana asks it where nothing is selected. */
export function asked(expression: string, range: string): string {
  return expression.replaceAll('$__rate_interval', range).replaceAll(/\$(client|service)\b/g, '.*');
}

/** The expressions of docs/observe.md. */
export async function expressionsOfPage(): Promise<readonly string[]> {
  const page = await readFile(join(deployFolder, '../docs/observe.md'), 'utf8');
  return [...page.matchAll(/```promql\n\s*(.+)\n/g)].map(([, expression = '']) => expression);
}

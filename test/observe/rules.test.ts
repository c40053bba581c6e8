/** deploy/prometheus, checked by Prometheus's own tool. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';

import { metricsSchema } from '../../src/config/gateway/metrics.ts';
import { measureGateway } from '../../src/observe/metrics/gateway-metrics.ts';
import { metricsText } from '../../src/observe/metrics/registry.ts';
import { Events } from '../../src/shared/events.ts';
import { folderWith } from '../support/folder.ts';
import { deployFolder, promtool } from '../support/prometheus.ts';

const folder = join(deployFolder, 'prometheus');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Rules {
  readonly groups: ReadonlyArray<{ readonly name: string; readonly rules: readonly Rule[] }>;
}

async function readRules(): Promise<Rules> {
  return parse(await readFile(join(folder, 'rules.yml'), 'utf8')) as Rules;
}

it('Prometheus accepts the configuration and the rules', async () => {
  expect(await promtool(['check', 'config', join(folder, 'prometheus.yml')])).toContain('SUCCESS');
  expect(await promtool(['check', 'rules', join(folder, 'rules.yml')])).toContain('SUCCESS: 17 rules found');
});

it('every alert fires when it should, and not when it should not', async () => {
  expect(await promtool(['test', 'rules', join(folder, 'rules.test.yml')])).toContain('SUCCESS');
});

it.each(['vector(1)', 'vector(1) > 1'])('a rule whose expression is %s is noticed', async (expr) => {
  const { groups } = await readRules();
  const changed = groups.map((group) => ({
    ...group,
    rules: group.rules.map((rule) => ({ ...rule, expr })),
  }));
  const own = await folderWith({
    'rules.yml': stringify({ groups: changed }),
    'rules.test.yml': await readFile(join(folder, 'rules.test.yml'), 'utf8'),
  });
  const said = await promtool(['test', 'rules', join(own, 'rules.test.yml')]).catch(
    (error: { readonly stderr?: string; readonly stdout?: string }) => `${error.stdout}${error.stderr}`,
  );
  const noticed = new Set(
    [...said.matchAll(/expr: "ALERTS\{alertname=\\"(\w+)\\"/g)].map(([, alert]) => alert),
  );
  const alerts = new Set(groups.flatMap(({ rules }) => rules).map(({ alert }) => alert));
  expect(noticed).toEqual(alerts);
});

it('every alert is explained in a section of docs/observe.md', async () => {
  const { groups } = await readRules();
  const page = await readFile(join(deployFolder, '../docs/observe.md'), 'utf8');
  const missing = groups
    .flatMap(({ rules }) => rules)
    .filter(
      ({ alert, annotations }) =>
        annotations['runbook'] !== `docs/observe.md#${alert.toLowerCase()}` ||
        !page.includes(`\n### ${alert}\n`),
    );
  expect(missing).toEqual([]);
});

it('Prometheus finds nothing to say about the names and texts of the metrics', async () => {
  const events = new Events();
  const { store, close } = measureGateway(events, metricsSchema.parse({}), '0');
  close();
  const { text } = await metricsText(store, 'prometheus');
  expect(await promtool(['check', 'metrics'], text)).toBe('');
});

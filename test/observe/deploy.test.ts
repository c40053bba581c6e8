/** deploy/ fits together, and to the gateway: what can be said without an engine for containers. */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from 'vitest';
import { parse } from 'yaml';

import { loadGatewayConfig } from '../../src/config/gateway/gateway-config.ts';
import { metricsSchema } from '../../src/config/gateway/metrics.ts';
import { measureGateway } from '../../src/observe/metrics/gateway-metrics.ts';
import { type CollectedMetric, processLabel } from '../../src/observe/metrics/metric-store.ts';
import { Events } from '../../src/shared/events.ts';
import { dashboardFolder, expressionsOfPage, readDashboards } from '../support/panels.ts';
import { deployFolder } from '../support/prometheus.ts';

const root = join(deployFolder, '..');

interface Compose {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly image: string;
        readonly build?: { readonly context: string; readonly dockerfile: string };
        readonly volumes?: readonly string[];
        readonly ports?: readonly string[];
        readonly depends_on?: readonly string[];
      }
    >
  >;
}

function read(path: string): Promise<string> {
  return readFile(join(deployFolder, path), 'utf8');
}

async function readYaml<Value>(path: string): Promise<Value> {
  return parse(await read(path)) as Value;
}

function byName([one]: readonly unknown[], [other]: readonly unknown[]): number {
  return String(one).localeCompare(String(other));
}

function metricsOfCode(): readonly CollectedMetric[] {
  const { store, close } = measureGateway(new Events(), metricsSchema.parse({}), '0');
  close();
  return store.collect();
}

it('compose.yaml mounts the files of deploy/, and names exact images and services that there are', async () => {
  const { services } = await readYaml<Compose>('compose.yaml');
  const all = Object.values(services);
  const mounted = all.flatMap(({ volumes = [] }) => volumes.map((volume) => volume.split(':')[0] ?? ''));
  expect(mounted).toEqual([
    './prometheus/prometheus.yml',
    './prometheus/rules.yml',
    './grafana/provisioning',
    './grafana/dashboards',
  ]);
  expect(mounted.filter((path) => !existsSync(join(deployFolder, path)))).toEqual([]);
  expect(dashboardFolder).toBe(join(deployFolder, mounted.at(-1) ?? ''));
  const inexact = all.filter(
    ({ image }) => image !== 'tributary-demo' && !/:v?\d+\.\d+\.\d+(-\w+)?$/.test(image),
  );
  expect(inexact).toEqual([]);
  expect(all.flatMap(({ depends_on: names = [] }) => names).filter((name) => !services[name])).toEqual([]);
  // Whoever reaches this machine must not reach what has no password.
  const ports = all.flatMap(({ ports: own = [] }) => own);
  expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
});

it('the image has what it copies, and the version of Node that package.json names', async () => {
  const dockerfile = await read('Dockerfile');
  const copied = [...dockerfile.matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, names = '']) => names.split(' '));
  expect(copied.length).toBeGreaterThan(4);
  expect(copied.filter((name) => !existsSync(join(root, name)))).toEqual([]);
  const sent = (await read('Dockerfile.dockerignore')).split('\n').filter((line) => line.startsWith('!'));
  expect(sent.toSorted()).toEqual(copied.map((name) => `!${name}`).toSorted());
  const { optionalDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    readonly optionalDependencies: Readonly<Record<string, string>>;
  };
  expect(/^FROM node:([\d.]+)-/m.exec(dockerfile)?.[1]).toBe(optionalDependencies['node']);
});

it('Prometheus scrapes the port at which the gateway serves metrics, which nobody else reaches, and sends spans to Jaeger', async () => {
  const { metrics, server, traces } = await loadGatewayConfig(join(deployFolder, 'gateway.yaml'), {
    environment: {},
  });
  expect(metrics).toMatchObject({ enabled: true, host: '0.0.0.0' });
  const { services } = await readYaml<Compose>('compose.yaml');
  expect(services['tributary']?.ports).toEqual([`127.0.0.1:${server.port}:${server.port}`]);
  const { scrape_configs: jobs } = await readYaml<{
    readonly scrape_configs: ReadonlyArray<{
      readonly job_name: string;
      readonly static_configs: ReadonlyArray<{ readonly targets: readonly string[] }>;
    }>;
  }>('prometheus/prometheus.yml');
  const { hostname, port } = new URL(traces.otlp.url ?? '');
  // Of OTLP over HTTP, in every Jaeger.
  expect([services[hostname]?.image.split(':')[0], port]).toEqual(['jaegertracing/jaeger', '4318']);
  expect(jobs).toEqual([
    { job_name: 'tributary', static_configs: [{ targets: [`tributary:${metrics.port}`] }] },
  ]);
});

it('Grafana finds the dashboards and their sources of data', async () => {
  const { services } = await readYaml<Compose>('compose.yaml');
  const { datasources } = await readYaml<{
    readonly datasources: ReadonlyArray<{ readonly uid: string; readonly url: string }>;
  }>('grafana/provisioning/datasources/datasources.yml');
  for (const { url } of datasources) {
    const { hostname, port } = new URL(url);
    expect(services[hostname]?.ports).toEqual([`127.0.0.1:${port}:${port}`]);
  }
  const { providers } = await readYaml<{
    readonly providers: ReadonlyArray<{ readonly options: { readonly path: string } }>;
  }>('grafana/provisioning/dashboards/dashboards.yml');
  expect(services['grafana']?.volumes).toContain(`./grafana/dashboards:${providers[0]?.options.path}:ro`);
  const dashboards = await readDashboards();
  expect(dashboards.map(({ uid }) => uid)).toEqual(
    ['clients', 'limits', 'overview', 'processes', 'services'].map((name) => `tributary-${name}`),
  );
  const known = new Set(datasources.map(({ uid }) => uid));
  expect(dashboards.flatMap(({ datasources: used }) => used).filter((uid) => !known.has(uid))).toEqual([]);
});

it('rules, dashboards and docs/observe.md name metrics that there are', async () => {
  const names = new Set(
    metricsOfCode().flatMap(({ name, type }) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
  const expressions = (await readDashboards()).flatMap(({ panels }) =>
    panels.flatMap(({ expressions: own }) => own),
  );
  const text = [await read('prometheus/rules.yml'), ...expressions, ...(await expressionsOfPage())].join(
    '\n',
  );
  const named = [...text.matchAll(/\b(?:gateway|process|nodejs)_\w+/g)].map(([name]) => name);
  expect(new Set(named).size).toBeGreaterThan(40);
  expect(named.filter((name) => !names.has(name))).toEqual([]);
});

it('docs/observe.md lists every metric with its labels, as the code has them', async () => {
  const page = await readFile(join(root, 'docs/observe.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` +\| ([^|]*)\| (\S[^|]*?) +\|$/gm)].map(
    ([, name, labels = '', meaning]) => [name, [...labels.matchAll(/\w+/g)].map(([label]) => label), meaning],
  );
  const defined = metricsOfCode().map(({ name, labels, help }) => [name, [...labels], help]);
  expect(rows.toSorted(byName)).toEqual(defined.toSorted(byName));
  // As the page says.
  expect(processLabel).toBe('process');
});

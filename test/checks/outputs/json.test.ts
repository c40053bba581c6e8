/** The report as JSON is what its published schema says: ajv decides. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';

import {
  stageNames,
  type CheckReport,
  type ImpactLevel,
  type Severity,
  type StageResult,
  type Verdict,
} from '../../../src/checks/report.ts';
import { render } from './render.ts';
import { arbitraryReport, hostileReport, hostileTexts, report } from './reports.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly enum?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly $defs?: Readonly<Record<string, Schema>>;
}

let schema: Schema;
let validate: ValidateFunction;

beforeAll(async () => {
  const file = join(import.meta.dirname, '../../../docs/reference/check-report.schema.json');
  schema = JSON.parse(await readFile(file, 'utf8')) as Schema;
  validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);
});

const isValid = (value: unknown): boolean => validate(value);

describe('the schema accepts', () => {
  it('a report with every kind of content', () => {
    expect(isValid(JSON.parse(render('json', report())))).toBe(true);
  });

  it('arbitrary reports, which are read back as they were', () => {
    fc.assert(
      fc.property(arbitraryReport, (arbitrary) => {
        const value: unknown = JSON.parse(render('json', arbitrary));
        expect(value).toEqual(JSON.parse(JSON.stringify(arbitrary)));
        expect(isValid(value), JSON.stringify(validate.errors)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the schema and the type of TypeScript agree', () => {
  /** Pointers of all objects and lists in a report that has each of them: of the type, since `tsc` checks `report()`. */
  const places = placesOf(report());

  it('so that a report without one of its properties is refused', () => {
    const properties = places.flatMap(({ path, value }) =>
      Array.isArray(value) ? [] : Object.keys(value).map((key) => [...path, key]),
    );
    expect(properties.length).toBeGreaterThan(140);
    const accepted = properties.filter((path) => isValid(changed(path, (holder, key) => delete holder[key])));
    expect(accepted).toEqual([]);
  });

  it('so that a report with one more property is refused', () => {
    const objects = places.filter(({ value }) => !Array.isArray(value));
    expect(objects.length).toBeGreaterThan(25);
    const accepted = objects.filter(({ path }) =>
      isValid(changed([...path, 'other'], (holder, key) => (holder[key] = 1))),
    );
    expect(accepted.map(({ path }) => path)).toEqual([]);
  });

  it('so that a value of another type is refused', () => {
    const leaves = places.flatMap(({ path, value }) => Object.keys(value).map((key) => [...path, key]));
    const accepted = leaves.filter((path) => isValid(changed(path, (holder, key) => (holder[key] = true))));
    expect(accepted).toEqual([]);
  });

  it('so that null is accepted only where it means something', () => {
    const leaves = places.flatMap(({ path, value }) => Object.keys(value).map((key) => [...path, key]));
    const accepted = leaves.filter((path) => isValid(changed(path, (holder, key) => (holder[key] = null))));
    const nullable = ['calls', 'client', 'coordinate', 'file', 'hint', 'lastSeenAt', 'location', 'name'];
    expect(new Set(accepted.map((path) => path.at(-1)))).toEqual(
      new Set([...nullable, 'override', 'version']),
    );
    expect(
      accepted.filter(
        (path) => path[0] === 'clients' || (path.includes('location') && path.at(-1) === 'file'),
      ),
    ).toEqual([]);
  });

  it('about the values of each enumeration', () => {
    const severities = { error: true, warning: true, notice: true } satisfies Record<Severity, true>;
    const verdicts = { passed: true, failed: true, invalid: true } satisfies Record<Verdict, true>;
    const levels = { broken: true, affected: true, safe: true } satisfies Record<ImpactLevel, true>;
    const statuses = { passed: true, failed: true, skipped: true } satisfies Record<
      StageResult['status'],
      true
    >;
    const { $defs = {}, properties = {} } = schema;
    expect($defs['StageName']?.enum).toEqual(stageNames);
    expect($defs['Severity']?.enum).toEqual(Object.keys(severities));
    expect(properties['verdict']?.enum).toEqual(Object.keys(verdicts));
    expect($defs['OperationImpact']?.properties?.['level']?.enum).toEqual(Object.keys(levels));
    expect($defs['StageResult']?.properties?.['status']?.enum).toEqual(Object.keys(statuses));
  });

  it('about the version', () => {
    expect(isValid({ ...report(), schemaVersion: 2 })).toBe(false);
  });
});

it('the schema describes each property, and leaves no object open', () => {
  const objects = [schema, ...Object.values(schema.$defs ?? {})].flatMap(objectsOf);
  expect(objects.length).toBeGreaterThan(9);
  for (const object of objects) {
    expect(object.additionalProperties).toBe(false);
    expect(object.required).toEqual(Object.keys(object.properties ?? {}));
    const withoutWords = Object.entries(object.properties ?? {}).filter(
      ([, property]) => property.description === undefined && property.$ref === undefined,
    );
    expect(withoutWords).toEqual([]);
  }
});

it.each(hostileTexts)('the text has no invisible character: %j', (hostile) => {
  const text = render('json', hostileReport(hostile));
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{C}|\p{Zl}|\p{Zp}|##(\[|vso)/u);
  expect(JSON.parse(text)).toEqual(hostileReport(hostile));
});

type Holder = Record<string, unknown>;

interface Place {
  readonly path: readonly string[];
  readonly value: object;
}

function placesOf(value: unknown, path: readonly string[] = []): readonly Place[] {
  if (typeof value !== 'object' || value === null) return [];
  return [
    { path, value },
    ...Object.entries(value).flatMap(([key, member]) => placesOf(member, [...path, key])),
  ];
}

function changed(path: readonly string[], change: (holder: Holder, key: string) => unknown): CheckReport {
  const copy = structuredClone(report());
  let holder = copy as unknown as Holder;
  for (const key of path.slice(0, -1)) holder = holder[key] as Holder;
  change(holder, path.at(-1) ?? '');
  return copy;
}

function objectsOf(value: Schema): readonly Schema[] {
  const own = value.properties === undefined ? [] : [value];
  return [...own, ...Object.values(value.properties ?? {}).flatMap(objectsOf)];
}

/**
 * The metrics of a process: counters, histograms and gauges, held as plain numbers, because recording happens for every
 * request and reading seldom. `registry.ts` shows them to Prometheus.
 *
 * Several processes count together: a worker takes what has changed since the last time (`takeChanges`) and the primary
 * process adds it to its own (`add`). So a sum never goes down when a worker ends.
 */

/** What one series stands for; the order is that of the metric's label names. */
export type LabelValues = readonly string[];

interface MetricText {
  /** As Prometheus writes it, with `_total` for a counter; or as OpenTelemetry does, with dots. */
  readonly name: string;
  /** `s` for seconds; only where the name does not say it. */
  readonly unit?: 's';
  readonly help: string;
  readonly labels: readonly string[];
  /** Those of `labels` that have few values, and keep them when there are too many series. Default: none. */
  readonly boundedLabels?: readonly string[];
}

export interface HistogramOptions extends MetricText {
  /** Upper bounds, ascending, without infinity; in the unit of the metric. */
  readonly buckets: readonly number[];
}

/** An example of a histogram's observation. */
export interface Exemplar {
  readonly traceId: string;
  readonly value: number;
  /** Since the epoch. */
  readonly atMs: number;
}

/** One series to be read. */
export interface Sample {
  readonly labels: LabelValues;
  readonly value: number;
}

export interface HistogramSample {
  readonly labels: LabelValues;
  /** Observations in each bucket alone, not cumulative; the last one is beyond all bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
  /** By bucket. */
  readonly exemplars: ReadonlyArray<Exemplar | null>;
}

export type CollectedMetric =
  | (MetricText & { readonly type: 'counter'; readonly samples: readonly Sample[] })
  /** Its samples have one label more than `labels`: the process (`processLabel`). */
  | (GaugeText & { readonly type: 'gauge'; readonly samples: readonly Sample[] })
  | (HistogramOptions & { readonly type: 'histogram'; readonly samples: readonly HistogramSample[] });

/** What has changed in a process since the last time, as JSON can carry it. */
export interface MetricChanges {
  readonly counters: ReadonlyArray<readonly [name: string, labels: LabelValues, added: number]>;
  readonly histograms: ReadonlyArray<readonly [name: string, sample: HistogramSample]>;
  /** All of them. */
  readonly gauges: ReadonlyArray<readonly [name: string, labels: LabelValues, value: number]>;
}

/** Name of the label that tells the processes of one gateway apart. */
export const processLabel = 'process';

/** Series of one metric; in those that come after that, labels without a bound are `other`. */
export const seriesMax = 5000;

export const otherLabel = 'other';

class SeriesOf<Series> {
  readonly #make: () => Series;
  readonly #isKept: readonly boolean[];
  readonly #root = new Map<string, unknown>();
  readonly all: Array<{ readonly labels: LabelValues; readonly series: Series }> = [];

  /** @param isKept Whether a label, by its position, keeps its value when there are too many series. */
  constructor(make: () => Series, isKept: readonly boolean[]) {
    this.#make = make;
    this.#isKept = isKept;
  }

  of(labels: LabelValues): Series {
    let level = this.#root;
    const last = labels.length - 1;
    for (let index = 0; index < last; index += 1) {
      const label = labels[index] as string;
      const next = level.get(label) as Map<string, unknown> | undefined;
      if (!next) return this.#added(labels);
      level = next;
    }
    return (level.get(labels[last] ?? '') as Series | undefined) ?? this.#added(labels);
  }

  #added(labels: LabelValues): Series {
    if (this.all.length >= seriesMax) {
      const kept = labels.map((label, index) => (this.#isKept[index] ? label : otherLabel));
      if (kept.some((label, index) => label !== labels[index])) return this.of(kept);
    }
    const series = this.#make();
    const last = labels.length - 1;
    let level = this.#root;
    for (const label of labels.slice(0, Math.max(0, last))) {
      let next = level.get(label) as Map<string, unknown> | undefined;
      if (!next) level.set(label, (next = new Map()));
      level = next;
    }
    level.set(labels[last] ?? '', series);
    this.all.push({ labels, series });
    return series;
  }
}

function keptLabels({ labels, boundedLabels = [] }: MetricText): boolean[] {
  return labels.map((label) => boundedLabels.includes(label));
}

interface CounterSeries {
  value: number;
  taken: number;
}

export class Counter {
  readonly text: MetricText;
  readonly #series: SeriesOf<CounterSeries>;

  constructor(text: MetricText) {
    this.text = text;
    this.#series = new SeriesOf(() => ({ value: 0, taken: 0 }), keptLabels(text));
  }

  add(amount: number, ...labels: LabelValues): void {
    this.#series.of(labels).value += amount;
  }

  changes(): MetricChanges['counters'] {
    const changes: Array<readonly [string, LabelValues, number]> = [];
    for (const { labels, series } of this.#series.all) {
      const added = series.value - series.taken;
      if (added === 0) continue;
      series.taken = series.value;
      changes.push([this.text.name, labels, added]);
    }
    return changes;
  }

  collect(): CollectedMetric {
    const samples = this.#series.all.map(({ labels, series: { value } }) => ({ labels, value }));
    return { ...this.text, type: 'counter', samples };
  }
}

interface HistogramSeries {
  readonly counts: number[];
  sum: number;
  readonly exemplars: Array<Exemplar | null>;
  readonly takenCounts: number[];
  takenSum: number;
}

export class Histogram {
  readonly options: HistogramOptions;
  readonly #series: SeriesOf<HistogramSeries>;

  constructor(options: HistogramOptions) {
    this.options = options;
    const size = options.buckets.length + 1;
    const zeros = (): number[] => Array.from({ length: size }, () => 0);
    const make = (): HistogramSeries => ({
      counts: zeros(),
      sum: 0,
      exemplars: Array.from({ length: size }, () => null),
      takenCounts: zeros(),
      takenSum: 0,
    });
    this.#series = new SeriesOf(make, keptLabels(options));
  }

  observe(value: number, ...labels: LabelValues): void {
    const series = this.#series.of(labels);
    series.counts[this.#bucketOf(value)]! += 1;
    series.sum += value;
  }

  /** Names a trace as an example of the bucket that `value` was counted in. */
  exemplify(exemplar: Exemplar, ...labels: LabelValues): void {
    this.#series.of(labels).exemplars[this.#bucketOf(exemplar.value)] = exemplar;
  }

  add({ labels, counts, sum, exemplars }: HistogramSample): void {
    const series = this.#series.of(labels);
    counts.forEach((count, index) => (series.counts[index]! += count));
    series.sum += sum;
    exemplars.forEach((exemplar, index) => {
      if (exemplar) series.exemplars[index] = exemplar;
    });
  }

  changes(): MetricChanges['histograms'] {
    const changes: Array<readonly [string, HistogramSample]> = [];
    for (const { labels, series } of this.#series.all) {
      const counts = series.counts.map((count, index) => count - (series.takenCounts[index] ?? 0));
      if (counts.every((count) => count === 0)) continue;
      const sum = series.sum - series.takenSum;
      changes.push([this.options.name, { labels, counts, sum, exemplars: [...series.exemplars] }]);
      series.counts.forEach((count, index) => (series.takenCounts[index] = count));
      series.takenSum = series.sum;
      series.exemplars.fill(null);
    }
    return changes;
  }

  collect(): CollectedMetric {
    const samples = this.#series.all.map(({ labels, series }) => ({
      labels,
      counts: [...series.counts],
      sum: series.sum,
      exemplars: [...series.exemplars],
    }));
    return { ...this.options, type: 'histogram', samples };
  }

  #bucketOf(value: number): number {
    const { buckets } = this.options;
    let index = 0;
    while (index < buckets.length && value > (buckets[index] as number)) index += 1;
    return index;
  }
}

/** Read when it is asked for. */
interface GaugeText extends MetricText {
  /** It only goes up while its process lives. */
  readonly isCounter?: true;
}

export interface Gauge {
  readonly text: GaugeText;
  /** Its series; none where there is nothing to tell. */
  readonly read: () => Iterable<readonly [value: number, ...labels: string[]]>;
}

export class MetricStore {
  readonly #process: string;
  readonly #counters = new Map<string, Counter>();
  readonly #histograms = new Map<string, Histogram>();
  readonly #gauges = new Map<string, Gauge>();
  /** Of other processes, by process. */
  readonly #othersGauges = new Map<string, MetricChanges['gauges']>();

  /** @param process Value of the label that this process's gauges have. */
  constructor(process: string) {
    this.#process = process;
  }

  counter(text: MetricText): Counter {
    const counter = new Counter(text);
    // Prometheus sees an increase only from a value that it has seen before.
    if (text.labels.length === 0) counter.add(0);
    this.#counters.set(text.name, counter);
    return counter;
  }

  histogram(options: HistogramOptions): Histogram {
    const histogram = new Histogram(options);
    this.#histograms.set(options.name, histogram);
    return histogram;
  }

  gauge(text: GaugeText, read: Gauge['read']): void {
    this.#gauges.set(text.name, { text, read });
  }

  /** What was counted since the last call. */
  takeChanges(): MetricChanges {
    return {
      counters: [...this.#counters.values()].flatMap((counter) => counter.changes()),
      histograms: [...this.#histograms.values()].flatMap((histogram) => histogram.changes()),
      gauges: [...this.#gauges.values()].flatMap(({ text, read }) =>
        Array.from(read(), ([value, ...labels]) => [text.name, labels, value] as const),
      ),
    };
  }

  /**
   * Adds what another process counted. Its gauges replace those that it told of before.
   *
   * @param process Null: it has ended, and has no gauges.
   */
  add({ counters, histograms, gauges }: MetricChanges, process: string | null): void {
    for (const [name, labels, added] of counters) this.#counters.get(name)?.add(added, ...labels);
    for (const [name, sample] of histograms) this.#histograms.get(name)?.add(sample);
    if (process !== null) this.#othersGauges.set(process, gauges);
  }

  /** The other process has ended: what it counted stays, its gauges do not. */
  forgetGauges(process: string): void {
    this.#othersGauges.delete(process);
  }

  collect(): readonly CollectedMetric[] {
    return [
      ...[...this.#counters.values()].map((counter) => counter.collect()),
      ...[...this.#histograms.values()].map((histogram) => histogram.collect()),
      ...this.#collectGauges(),
    ];
  }

  #collectGauges(): readonly CollectedMetric[] {
    const others = [...this.#othersGauges].flatMap(([process, gauges]) =>
      gauges.map(([name, labels, value]) => [name, { labels: [...labels, process], value }] as const),
    );
    const byName = Map.groupBy(others, ([name]) => name);
    return [...this.#gauges.values()].map(({ text, read }) => {
      const own = Array.from(read(), ([value, ...labels]) => ({
        labels: [...labels, this.#process],
        value,
      }));
      const samples = [...own, ...(byName.get(text.name) ?? []).map(([, sample]) => sample)].slice(
        0,
        seriesMax,
      );
      return { ...text, type: 'gauge', samples };
    });
  }
}

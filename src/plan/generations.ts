/**
 * One supergraph after another without a request noticing: a new generation is made and warmed beside the old one, put
 * in its place in one assignment, and the old one is closed when its last request has left.
 */

export interface GenerationSteps<Source, Parts> {
  /** Makes everything that belongs to one supergraph. What it throws leaves the old generation in place. */
  readonly open: (source: Source) => Promise<Parts>;
  /** Prepares the new generation for what the old one is asked most. */
  readonly warm: (before: Parts, next: Parts) => Promise<void>;
  readonly close: (parts: Parts) => Promise<void>;
  /** Longest wait for requests of a generation that was replaced, in ms. */
  readonly drainTimeoutMs: number;
}

interface Generation<Parts> {
  readonly parts: Parts;
  inFlight: number;
  /** Set when it is no longer current: closes it once nothing is in flight. */
  onIdle: (() => void) | undefined;
}

export class Generations<Source, Parts> {
  readonly #steps: GenerationSteps<Source, Parts>;
  #current: Generation<Parts>;
  #replacing: Promise<unknown> = Promise.resolve();
  readonly #draining = new Set<Promise<void>>();

  private constructor(steps: GenerationSteps<Source, Parts>, parts: Parts) {
    this.#steps = steps;
    this.#current = generationOf(parts);
  }

  static async start<Source, Parts>(
    steps: GenerationSteps<Source, Parts>,
    source: Source,
  ): Promise<Generations<Source, Parts>> {
    return new Generations(steps, await steps.open(source));
  }

  get current(): Parts {
    return this.#current.parts;
  }

  /** The current generation, which stays open until it is released. Release it once. */
  hold(): { readonly generation: Parts; readonly release: () => void } {
    const held = this.#current;
    held.inFlight += 1;
    const release = (): void => {
      held.inFlight -= 1;
      if (held.inFlight === 0) held.onIdle?.();
    };
    return { generation: held.parts, release };
  }

  /** Runs `work` on the current generation, which stays open until `work` has settled. */
  async use<Result>(work: (generation: Parts) => Promise<Result>): Promise<Result> {
    const { generation, release } = this.hold();
    try {
      return await work(generation);
    } finally {
      release();
    }
  }

  /** One at a time, in the order they were asked for. Throws what `open` throws. */
  replace(source: Source): Promise<Parts> {
    const replaced = this.#replacing.then(() => this.#replace(source));
    this.#replacing = replaced.catch(() => {});
    return replaced;
  }

  async close(): Promise<void> {
    await this.#replacing;
    await Promise.all([...this.#draining, this.#steps.close(this.#current.parts)]);
  }

  async #replace(source: Source): Promise<Parts> {
    const parts = await this.#steps.open(source);
    const before = this.#current;
    try {
      await this.#steps.warm(before.parts, parts);
    } catch (error) {
      await this.#steps.close(parts);
      throw error;
    }
    this.#current = generationOf(parts);
    const drained = this.#drain(before).finally(() => this.#draining.delete(drained));
    this.#draining.add(drained);
    return parts;
  }

  async #drain(generation: Generation<Parts>): Promise<void> {
    if (generation.inFlight > 0) {
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, this.#steps.drainTimeoutMs);
        generation.onIdle = () => {
          clearTimeout(late);
          resolve();
        };
      });
    }
    await this.#steps.close(generation.parts);
  }
}

function generationOf<Parts>(parts: Parts): Generation<Parts> {
  return { parts, inFlight: 0, onIdle: undefined };
}

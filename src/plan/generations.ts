/**
 * Replaces the supergraph without downtime: a new generation is opened and warmed beside the old one and replaces it in
 * one assignment; the old one is closed when its last request in flight has ended.
 */

export interface GenerationSteps<Source, Contents> {
  /** Creates everything that belongs to one supergraph. If it throws, the old generation stays in place. */
  readonly open: (source: Source) => Promise<Contents>;
  /** Prepares the hottest operations of the old generation in the new one. */
  readonly warm: (previous: Contents, next: Contents) => Promise<void>;
  readonly close: (contents: Contents) => Promise<void>;
  /** Longest wait for the requests in flight of a replaced generation. */
  readonly drainTimeoutMs: number;
}

interface Generation<Contents> {
  readonly contents: Contents;
  inFlight: number;
  /** Set when it is no longer current; called when nothing is in flight. */
  onIdle: (() => void) | undefined;
}

export class Generations<Source, Contents> {
  readonly #steps: GenerationSteps<Source, Contents>;
  #current: Generation<Contents>;
  #replacing: Promise<unknown> = Promise.resolve();
  readonly #draining = new Set<Promise<void>>();

  private constructor(steps: GenerationSteps<Source, Contents>, contents: Contents) {
    this.#steps = steps;
    this.#current = generationOf(contents);
  }

  static async start<Source, Contents>(
    steps: GenerationSteps<Source, Contents>,
    source: Source,
  ): Promise<Generations<Source, Contents>> {
    return new Generations(steps, await steps.open(source));
  }

  get current(): Contents {
    return this.#current.contents;
  }

  /** The current generation, which stays open until it is released. Release it once. */
  hold(): { readonly generation: Contents; readonly release: () => void } {
    const held = this.#current;
    held.inFlight += 1;
    const release = (): void => {
      held.inFlight -= 1;
      if (held.inFlight === 0) held.onIdle?.();
    };
    return { generation: held.contents, release };
  }

  /** Runs `work` on the current generation, which stays open until `work` has settled. */
  async use<Result>(work: (generation: Contents) => Promise<Result>): Promise<Result> {
    const { generation, release } = this.hold();
    try {
      return await work(generation);
    } finally {
      release();
    }
  }

  /** One replacement at a time, in the order of the calls. Throws what `open` throws. */
  replace(source: Source): Promise<Contents> {
    const replaced = this.#replacing.then(() => this.#replace(source));
    this.#replacing = replaced.catch(() => {});
    return replaced;
  }

  async close(): Promise<void> {
    await this.#replacing;
    await Promise.all([...this.#draining, this.#steps.close(this.#current.contents)]);
  }

  async #replace(source: Source): Promise<Contents> {
    const contents = await this.#steps.open(source);
    const previous = this.#current;
    try {
      await this.#steps.warm(previous.contents, contents);
    } catch (error) {
      await this.#steps.close(contents);
      throw error;
    }
    this.#current = generationOf(contents);
    const drained = this.#drain(previous).finally(() => this.#draining.delete(drained));
    this.#draining.add(drained);
    return contents;
  }

  async #drain(generation: Generation<Contents>): Promise<void> {
    if (generation.inFlight > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.#steps.drainTimeoutMs);
        generation.onIdle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    await this.#steps.close(generation.contents);
  }
}

function generationOf<Contents>(contents: Contents): Generation<Contents> {
  return { contents, inFlight: 0, onIdle: undefined };
}

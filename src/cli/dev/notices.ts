/** What `tributary dev` prints: a problem once, until it is another one or was corrected. */

export class Notices {
  /** By what they are about. */
  readonly #problems = new Map<string, string>();

  say(text: string): void {
    console.log(text);
  }

  hasProblem(topic: string): boolean {
    return this.#problems.has(topic);
  }

  /**
   * @param topic What it is about, such as `graph`.
   * @param text Null: there is none any more.
   * @returns Whether there is one.
   */
  problem(topic: string, text: string | null): boolean {
    if (text === null) this.#problems.delete(topic);
    else if (this.#problems.get(topic) !== text) {
      this.#problems.set(topic, text);
      console.log(text);
    }
    return text !== null;
  }
}

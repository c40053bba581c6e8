/** Values of a label: whatever clients send, there are only so many series. */

import { otherLabel } from './metric-store.ts';

/** The first `max` values have a label of their own, later ones are `other`. */
export class BoundedLabel {
  readonly #max: number;
  readonly #values = new Set<string>();

  constructor(max: number) {
    this.#max = max;
  }

  of(value: string): string {
    const key = value.length > labelCharsMax ? shortened(value) : value;
    if (this.#values.has(key)) return key;
    if (this.#values.size >= this.#max) return otherLabel;
    this.#values.add(key);
    return key;
  }
}

/** A copy: a slice would keep all of the text. */
function shortened(value: string): string {
  return Buffer.from(value.slice(0, labelCharsMax)).toString();
}

/** In UTF-16 units. */
const labelCharsMax = 100;

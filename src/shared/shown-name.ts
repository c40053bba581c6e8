/** Of names that clients choose, which may be as long as a body. */
const lengthMax = 64;

/** A name as messages and log lines show it. */
export function shownName(name: string): string {
  return name.length > lengthMax ? `${name.slice(0, lengthMax)}...` : name;
}

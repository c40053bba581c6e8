/** Clients choose names, which may be as long as a body. */
const lengthMax = 64;

/** A name for messages and log lines, truncated. */
export function displayName(name: string): string {
  return name.length > lengthMax ? `${name.slice(0, lengthMax)}...` : name;
}

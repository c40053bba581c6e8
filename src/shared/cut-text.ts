/** Truncates texts of clients for logs: they may be as long as a request. */

/** @returns The beginning of a text that is too long, with its full length. */
export function cutText(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  return `${text.slice(0, charsMax)}... (${text.length} characters)`;
}

/** Texts of others in what this process writes down: a client may make them as long as its request. */

/** @returns The beginning of a longer text, and how much there was of it. */
export function cutText(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  return `${text.slice(0, charsMax)}... (${text.length} characters)`;
}

/** What RFC 9110 (5.5) lets the value of a header be; whatever sends one asks here. */

/** Visible characters and bytes above ASCII, with spaces and tabs between them only. */
const fieldValue = /^(?:[!-~\u0080-\u00ff](?:[\t -~\u0080-\u00ff]*[!-~\u0080-\u00ff])?)?$/;

/** False for control characters, for what is no single byte, and for spaces around it, which recipients take away. */
export function isHeaderValue(value: string): boolean {
  return fieldValue.test(value);
}

/** Valid header values by RFC 9110 (5.5), for everything that sends headers. */

/** Visible ASCII and bytes above it; spaces and tabs only between them. */
const fieldValue = /^(?:[!-~\u0080-\u00ff](?:[\t -~\u0080-\u00ff]*[!-~\u0080-\u00ff])?)?$/;

/** False with control characters, characters above U+00FF, or surrounding spaces, which recipients strip. */
export function isHeaderValue(value: string): boolean {
  return fieldValue.test(value);
}

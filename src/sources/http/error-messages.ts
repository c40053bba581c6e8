/**
 * What a JSON service says of a failure, in the forms that are in use: `{message, code}`, `{error: "..."}`,
 * `{error: {message, code}}` as of Google's APIs, problem details (RFC 9457), and a list of errors.
 */

export interface ErrorWords {
  readonly message?: string | undefined;
  readonly code?: string | undefined;
}

/** Of a body, or of one entry of an answer that is an error; nothing where it says none of these. */
export function wordsOfError(said: unknown): ErrorWords {
  // A name such as OUT_OF_STOCK is both.
  if (typeof said === 'string') return { message: said, code: said };
  if (typeof said !== 'object' || said === null) return {};
  const { message, detail, title, code, error, errors } = said as Readonly<Record<string, unknown>>;
  const inner = innerWords(Array.isArray(errors) ? (error ?? errors[0]) : error);
  return {
    message: [message, detail, inner.message, title].find(isText),
    code: [code, inner.code].find(isText),
  };
}

function innerWords(said: unknown): ErrorWords {
  if (isText(said)) return { message: said };
  if (typeof said !== 'object' || said === null) return {};
  const { message, detail, title, code, status } = said as Readonly<Record<string, unknown>>;
  return { message: [message, detail, title].find(isText), code: [code, status].find(isText) };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** The message of anything thrown: libraries and user modules may throw other things than errors. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

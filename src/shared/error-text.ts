/** What an error says, of anything that was thrown: libraries and modules of users throw what they like. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The body of a GraphQL request over HTTP, up to the value of its variables; after them it needs a `}`. */
export function bodyHead(query: string, operationName: string | null | undefined): string {
  const name = typeof operationName === 'string' ? `,"operationName":${JSON.stringify(operationName)}` : '';
  return `{"query":${JSON.stringify(query)}${name},"variables":`;
}

/** The headers by which the clients of Apollo, Hive and Cosmo state their name and version. */

export const clientNameHeaders = [
  'apollographql-client-name',
  'graphql-client-name',
  'x-graphql-client-name',
  'x-client-id',
] as const;

export const clientVersionHeaders = [
  'apollographql-client-version',
  'graphql-client-version',
  'x-graphql-client-version',
] as const;

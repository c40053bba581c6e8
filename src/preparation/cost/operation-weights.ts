/** What an operation costs besides its fields, here and at a service. */
export const operationWeights = { query: 0, mutation: 10, subscription: 0 };

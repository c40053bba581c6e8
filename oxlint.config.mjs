/**
 * The linter's rules. `mayImport` is the table of docs/ARCHITECTURE.md section 3 in code: the two change together, and
 * test/layout plants one forbidden import per folder to prove that each row bites.
 */
import { defineConfig } from 'oxlint';

const base = ['shared', 'config', 'pipeline'];

/** What each folder of src/ may import from the others; anything not listed is refused. */
export const mayImport = {
  shared: [],
  pipeline: ['shared'],
  config: ['shared'],
  resilience: base,
  store: [...base, 'resilience'],
  plugins: base,
  observe: base,
  clients: base,
  operation: [...base, 'store'],
  plan: base,
  preparation: base,
  response: base,
  limits: [...base, 'store', 'clients'],
  cache: [...base, 'store'],
  authn: [...base, 'store', 'clients'],
  authz: base,
  sources: [...base, 'resilience', 'cache'],
  services: [...base, 'resilience', 'cache', 'sources'],
  execute: [...base, 'sources'],
  checks: [...base, 'preparation', 'clients', 'operation'],
  registry: [...base, 'plan', 'operation', 'clients', 'store', 'checks'],
};

/** Of these folders only types: a value would load, on the main thread, what belongs to a planner worker. */
export const mayImportTypes = {
  plan: ['preparation'],
  server: ['preparation'],
  workers: ['preparation'],
};

/** The one folder that may import each package; a package not listed may be imported anywhere. */
export const packageHome = {
  fastify: 'server',
  '@apollo/server': 'server',
  graphiql: 'server',
  jose: 'authn',
  'graphql-shield': 'authz',
  '@apollo/gateway': 'preparation',
  '@apollo/composition': 'preparation',
  '@apollo/query-planner': 'preparation',
  '@apollo/federation-internals': 'preparation',
  undici: 'sources',
  '@grpc/grpc-js': 'sources',
  '@grpc/proto-loader': 'sources',
  protobufjs: 'sources',
  dataloader: 'sources',
  ioredis: 'store',
  '@apollo/subgraph': 'services',
  '@graphql-inspector/core': 'checks',
  pg: 'registry',
  'node:cluster': 'workers',
  'prom-client': 'observe',
  pino: 'observe',
  zod: 'config',
  yaml: 'config',
};

/** Folders at the top: they may import anything, and nothing but them imports them. */
const tops = ['assembly', 'server', 'workers', 'cli'];
const topFiles = ['**/gateway.ts', '**/api.ts'];
const folders = [...Object.keys(mayImport), ...tops];

const rules = {
  'import/no-cycle': ['error', { ignoreTypes: false }],
  'import/no-default-export': 'error',
  'max-lines-per-function': ['error', { max: 70, skipBlankLines: false, skipComments: false }],
  'max-lines': ['error', { max: 400 }],
  'typescript/no-floating-promises': 'error',
  // Servers of tests take functions that wait; what they throw ends the test.
  'typescript/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
  'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  'typescript/no-explicit-any': 'error',
  'typescript/consistent-type-imports': 'error',
  'no-console': 'error',
  eqeqeq: 'error',
  'no-var': 'error',
  'prefer-const': ['error', { ignoreReadBeforeAssign: true }],
  // A callback is how the code beside it is written.
  'promise/no-callback-in-promise': 'off',
};

/** They fail on default values that are lists or objects of custom scalars. */
const unprintableDefaults = {
  name: 'graphql',
  importNames: ['printSchema', 'printType', 'introspectionFromSchema'],
  message: 'Use printedSchema and introspectSchema of src/shared/schema-text.ts.',
};

function restrictionFor(folder) {
  const patterns = [];
  const allowed = mayImport[folder];
  const typesOnly = mayImportTypes[folder] ?? [];
  if (allowed) {
    patterns.push({
      group: [
        ...folders
          .filter((f) => f !== folder && !allowed.includes(f) && !typesOnly.includes(f))
          .map((f) => `**/${f}/**`),
        ...topFiles,
      ],
      message: `src/${folder}/ may import only: ${[folder, ...allowed].join(', ')}. See docs/ARCHITECTURE.md section 3.`,
    });
  }
  for (const f of typesOnly) {
    patterns.push({
      group: [`**/${f}/**`],
      allowTypeImports: true,
      message: `src/${folder}/ may import only types of src/${f}/. See docs/ARCHITECTURE.md section 3.`,
    });
  }
  for (const [name, home] of Object.entries(packageHome)) {
    if (home === folder) continue;
    patterns.push({
      group: [name, `${name}/**`],
      message: `Only src/${home}/ imports ${name}. See docs/ARCHITECTURE.md section 3.`,
    });
  }
  patterns.push({ group: ['@opentelemetry/*'], message: 'Only src/observe/ imports OpenTelemetry.' });
  const allowedPatterns = folder === 'observe' ? patterns.slice(0, -1) : patterns;
  return ['error', { patterns: allowedPatterns, paths: folder === 'shared' ? [] : [unprintableDefaults] }];
}

// Overrides replace one another rather than merge, so each folder gets one complete rule.
export default defineConfig({
  plugins: ['typescript', 'import', 'vitest', 'node', 'promise'],
  ignorePatterns: ['dist/**', 'node_modules/**', '**/generated/**', 'bench/node_modules/**'],
  rules,
  overrides: [
    ...folders.map((folder) => ({
      files: [`src/${folder}/**`],
      rules: { 'no-restricted-imports': restrictionFor(folder) },
    })),
    { files: ['src/**'], rules: { 'max-params': ['error', { max: 3 }] } },
    // As users write it: generated types name the modules whose values they describe, and these import them.
    {
      files: ['schemas/**'],
      rules: { 'max-lines-per-function': 'off', 'import/no-cycle': ['error', { ignoreTypes: true }] },
    },
    { files: ['src/cli/**', 'subgraphs-mock/**', 'bench/**'], rules: { 'no-console': 'off' } },
    {
      files: ['**/*.test.ts', 'test/**'],
      rules: {
        'no-restricted-imports': 'off',
        'max-lines-per-function': 'off',
        'max-params': 'off',
        'no-console': 'off',
        // Tables of cases and shared expectations: tests here assert in helpers, and by what a row says.
        'vitest/expect-expect': 'off',
        'vitest/no-conditional-expect': 'off',
        'vitest/no-conditional-tests': 'off',
        'vitest/no-standalone-expect': 'off',
        'vitest/require-to-throw-message': 'off',
        // An assertion is begun, then what it waits for is done; a message says which row failed.
        'vitest/valid-expect': 'off',
        'vitest/require-mock-type-parameters': 'off',
      },
    },
    {
      files: ['*.config.mjs', '*.config.ts', '**/*.config.ts'],
      rules: { 'import/no-default-export': 'off' },
    },
  ],
});

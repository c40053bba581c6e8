import { createRequire } from 'node:module';
import { defineConfig } from 'vitest/config';

const require = createRequire(import.meta.url);

/** What both fronts promise: these also run through the one that is not the default. */
const bothFronts = [
  'test/operate/bad-input.test.ts',
  'test/demo/fan-out.test.ts',
  'test/demo/outages.test.ts',
  'test/resilience/fallbacks.test.ts',
  'test/auth/*.test.ts',
];

export default defineConfig({
  // Apollo's packages load graphql's CommonJS build; without this alias our own files would get its ES module build
  // and the two would not recognise each other's types.
  resolve: { alias: [{ find: /^graphql$/, replacement: require.resolve('graphql') }] },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'tributary',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'subgraphs-mock/**/*.test.ts'],
        },
      },
      { extends: true, test: { name: 'apollo front', include: bothFronts, env: { TEST_FRONT: 'apollo' } } },
    ],
    globalSetup: ['test/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    env: { APOLLO_TELEMETRY_DISABLED: 'true' },
  },
});

import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const require = createRequire(import.meta.url);

/** What both fronts promise: these also run through the one that is not the default. */
const bothFronts = [
  'test/operate/bad-input.test.ts',
  'test/operate/graphql-over-http.test.ts',
  'test/operate/http-rules.test.ts',
  'test/demo/fan-out.test.ts',
  'test/engine/numbers/numbers.test.ts',
  'test/demo/outages.test.ts',
  'test/resilience/fallbacks.test.ts',
  'test/auth/*.test.ts',
];

/** These take longest. Where they come first, no core is left waiting for one of them at the end. */
const slowest = [
  'test/observe/broken-demo.test.ts',
  'test/observe/exactness.test.ts',
  'test/limits/redis-lost.test.ts',
  'test/limits/fail-over.test.ts',
  'test/operate/workers.test.ts',
  'test/operate/reload.test.ts',
  'test/engine/random/random.test.ts',
  'test/checks/recipes.test.ts',
  'test/checks/tutorial.test.ts',
  'test/checks/dev.test.ts',
  'test/checks/cli.test.ts',
  'test/checks/changes.test.ts',
  'test/operate/lifecycle.test.ts',
  'test/operate/commands.test.ts',
  'test/faults/matrix.test.ts',
  'test/auth/bypass.test.ts',
  'test/clients/commands.test.ts',
  'test/engine/access/access.test.ts',
  'test/engine/planner.test.ts',
  'test/limits/gates.test.ts',
  'test/clients/check-clients.test.ts',
  'test/operate/slow-clients.test.ts',
  'test/limits/cost-random.test.ts',
  'test/faults/ledger.test.ts',
  'test/operate/planning-shares.test.ts',
  'test/clients/isolation-requests.test.ts',
  'test/demo/outages.test.ts',
  'test/engine/fallbacks.test.ts',
  'test/clients/leak.test.ts',
  'test/engine/access/generated.test.ts',
  'test/operate/explain-auth.test.ts',
  'test/demo/readme.test.ts',
  'test/clients/reload.test.ts',
  'test/auth/policy/in-use.test.ts',
  'test/caching/cache-control.test.ts',
  'test/engine/contracts/contracts.test.ts',
  'test/clients/isolation.test.ts',
  'test/credentials/keys-command.test.ts',
  'test/faults/deadlines.test.ts',
  'test/demo/sharing.test.ts',
];

class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = slowest.findIndex((path) => moduleId.endsWith(path));
      return index === -1 ? slowest.length : index;
    };
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

// For the processes of vitest and those that tests start: they need not compile the same packages again.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url));

export default defineConfig({
  // Apollo's packages load graphql's CommonJS build; without this alias our own files would get its ES module build
  // and the two would not recognise each other's types.
  resolve: {
    alias: [
      { find: /^graphql$/, replacement: require.resolve('graphql') },
      // As the gateway resolves it for modules of users.
      {
        find: /^@tributary-gateway\/tributary$/,
        replacement: fileURLToPath(new URL('src/api.ts', import.meta.url)),
      },
    ],
  },
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
    // Each worker loads the packages once, not once a file: what a test changes of the process, it changes back.
    isolate: false,
    globalSetup: ['test/global-setup.ts'],
    sequence: { sequencer: SlowestFirst },
    // More than there are cores: many tests wait for what other processes do, or for a time to come.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    // Only for what hangs: machines do other work as well.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 60_000 } },
    env: { APOLLO_TELEMETRY_DISABLED: 'true' },
  },
});

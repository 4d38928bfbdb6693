import type { ViteUserConfig } from 'vitest/config'

/** What takes longer than all the rest together: `npm run test:<name>` each, after `npm test`. */
const LONG_GROUPS = {
  outages: ['test/export/outages/**/*.test.ts', 'test/export/signals/hanging-backend.test.ts'],
  exits: ['test/process-exit/**/*.test.ts'],
  apps: [
    'test/{apps,examples,package}/**/*.test.ts',
    'test/docs/pages.test.ts',
    'test/cli/doctor-*.test.ts',
    'test/start/{environment,protocols}.test.ts',
    'test/instrumentation/warnings/bundled-app.test.ts',
  ],
  viewer: ['test/viewer/page/**/*.test.ts', 'test/cli/view/**/*.test.ts'],
  site: ['test/site/*.test.ts'],
  libraries: ['test/libraries/*.test.ts'],
  servers: ['test/deploy/**/*.test.ts', 'test/messaging/{rabbitmq,bullmq}.test.ts'],
  sampling: ['test/sampling/{acceptance,integration}/**/*.test.ts'],
}
/** Talks to real programs, which `npm run test:backends` brings first; what isn't there is skipped by name. */
const BACKENDS = ['test/backends/**/*.test.ts']
/** Installs the packed package beside other versions of what it runs with, from a registry: `npm run test:matrix`. */
const MATRIX = ['test/matrix/*.test.ts']
/** `npm test` tries a sample of the cases of these, `npm run test:fuzz` as many as in SPANWRIGHT_FUZZ_RUNS. */
const FUZZERS = [
  'test/**/*.property.test.ts',
  'test/**/fuzz.test.ts',
  'test/propagation/{by-name,datadog,jaeger}.test.ts',
  'test/tracer/like-the-sdk.test.ts',
  'test/instrumentation/http-server/same-as-upstream.test.ts',
  'test/sampling/runtime/recent-log.test.ts',
]
const FUZZ_RUNS = process.env.SPANWRIGHT_FUZZ_RUNS ?? '100000'

type Project = NonNullable<NonNullable<ViteUserConfig['test']>['projects']>[number]

const project = (name: string, include: string[], more: { exclude?: string[]; fuzzRuns?: string } = {}): Project => ({
  extends: true,
  test: {
    name,
    include,
    exclude: more.exclude ?? [],
    env: { SPANWRIGHT_FUZZ_RUNS: more.fuzzRuns ?? FUZZ_RUNS },
    // Packages come over a network.
    ...(name === 'matrix' && { testTimeout: 400_000, hookTimeout: 400_000 }),
    // A browser paints and answers in its own time, and a busy machine is given a second try.
    ...(name === 'viewer' && { retry: 1, testTimeout: 60_000 }),
  },
})

const config: ViteUserConfig = {
  test: {
    // Tests that start processes or servers take longer on a busy machine than the default allows.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Each file in a process of its own: the OpenTelemetry API's globals exist once a process.
    pool: 'forks',
    globalSetup: ['test/helpers/build-once.ts'],
    env: { OTEL_SDK_DISABLED: '', OTEL_TRACES_EXPORTER: '' },
    projects: [
      project('core', ['test/**/*.test.ts'], {
        exclude: [...Object.values(LONG_GROUPS).flat(), ...BACKENDS, ...MATRIX],
        fuzzRuns: '10000',
      }),
      ...Object.entries(LONG_GROUPS).map(([name, include]) => project(name, include)),
      project('fuzz', FUZZERS),
      project('backends', BACKENDS),
      project('matrix', MATRIX),
    ],
  },
}

export default config

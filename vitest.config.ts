import type { ViteUserConfig } from 'vitest/config'

const config: ViteUserConfig = {
  test: {
    include: ['test/**/*.test.ts'],
    // Tests that start processes or servers take longer on a busy machine than the default allows.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Each file in a process of its own: the OpenTelemetry API's globals exist once a process.
    pool: 'forks',
    globalSetup: ['test/helpers/build-once.ts'],
    env: { OTEL_SDK_DISABLED: '', OTEL_TRACES_EXPORTER: '' },
  },
}

export default config

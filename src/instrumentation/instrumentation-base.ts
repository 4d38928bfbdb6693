// A file of its own in the build, for apps that are bundled with this package in them; see scripts/bundle-sdk.ts.
export * from '@opentelemetry/instrumentation'

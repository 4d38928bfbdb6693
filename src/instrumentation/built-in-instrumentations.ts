// A file of its own in the build, loaded with the first built-in that is traced; see scripts/files-apart.ts.
export * as dns from '@opentelemetry/instrumentation-dns'
export * as http from '@opentelemetry/instrumentation-http'
export * as net from '@opentelemetry/instrumentation-net'
export * as undici from '@opentelemetry/instrumentation-undici'

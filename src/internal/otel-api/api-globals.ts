/** What can be registered with the OpenTelemetry API. */
export type ApiPart = 'trace' | 'context' | 'propagation' | 'metrics' | 'logs' | 'diag'

/** What all copies of `@opentelemetry/api` 1.x share in a process: made by the copy that registers first, with its version. */
export type ApiGlobals = { readonly version?: string } & Readonly<Partial<Record<ApiPart, object>>>

/** Undefined until somebody registers something. */
export function apiGlobals(): ApiGlobals | undefined {
  return (globalThis as Record<symbol, ApiGlobals | undefined>)[Symbol.for('opentelemetry.js.api.1')]
}

/** Calls of gRPC have spans of their own, by its instrumentation: requests below them would say nothing more. */
export function isGrpc(headers: unknown): boolean {
  const type = (headers as Readonly<Record<string, unknown>> | null | undefined)?.['content-type']
  return typeof type === 'string' && type.startsWith('application/grpc')
}

export async function register(): Promise<void> {
  // Not in the edge runtime, where nothing is traced.
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { nextInstrumentation } = await import('spanwright')
  nextInstrumentation({ serviceName: 'bakery' }).register()
}

export async function onRequestError(error: unknown): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { nextInstrumentation } = await import('spanwright')
  nextInstrumentation().onRequestError(error)
}

import { diag, DiagLogLevel } from '@opentelemetry/api'

/** What is told to the operator while fn runs. */
export function warningsDuring(fn: () => void): string[] {
  const warnings: string[] = []
  const nothing = (): void => {}
  const warn = (message: string): void => void warnings.push(message)
  diag.setLogger(
    { error: nothing, warn, info: nothing, debug: nothing, verbose: nothing },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
  try {
    fn()
  } finally {
    diag.disable()
  }
  return warnings
}

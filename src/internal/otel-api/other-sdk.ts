import { trace, type TracerProvider } from '@opentelemetry/api'
import { warnOnce } from '../diagnostics/diagnostics.js'
import { findings } from '../diagnostics/findings.js'
import { packageFolderOf, framesOf } from '../runtime/source-locations.js'
import { processWide } from '../runtime/process-wide.js'
import type { RunningFlush } from '../process-exit/running-flush.js'
import { settledWithin } from '../async/settled-within.js'

/** A tracer provider of an SDK; what the API itself asks of one is less. */
export interface RegisteredProvider extends TracerProvider {
  forceFlush?(): Promise<void>
}

const own = processWide('own-provider', (): { registered?: RegisteredProvider | undefined } => ({}))

/** The registered provider, where it is another SDK's. */
export function foreignProvider(): RegisteredProvider | undefined {
  const registered = registeredProvider()
  return registered === own.registered ? undefined : registered
}

/** Remembers that the provider which is registered now is ours, and returns it. */
export function claimProvider(): RegisteredProvider | undefined {
  own.registered = registeredProvider()
  return own.registered
}

/** The provider behind the API's proxy; undefined where none is registered. */
export function registeredProvider(): RegisteredProvider | undefined {
  const provider = trace.getTracerProvider() as RegisteredProvider & {
    getDelegate?(): RegisteredProvider
    getDelegateTracer?(name: string): unknown
  }
  if (provider.getDelegateTracer === undefined) return provider
  // The API always has a proxy to show; without a provider behind it, it has no tracer to give.
  return provider.getDelegateTracer('spanwright') === undefined ? undefined : provider.getDelegate?.()
}

/** Warns that an SDK was there first: two in a process would compete for the API, and make each span twice. */
export function warnOfOtherSdk(provider: RegisteredProvider): void {
  const { className, home, packageName } = identityOf(provider)
  const what = home === undefined ? className : `${className} in ${home}`
  findings.otherSdks.push(what)
  const who = packageName === undefined ? '' : ` ("npm ls ${packageName}" shows who brings it)`
  warnOnce(
    'other sdk',
    `not started, because another OpenTelemetry SDK runs already: ${what}. withSpan() and the like make their spans ` +
      'there; the sampler, exporters and instrumentations are those of that SDK, and options of spanwright have no ' +
      `effect. Keep one of the two: remove the start of that SDK${who}, or startTracing() and "--import spanwright/register"`,
  )
}

interface Identity {
  readonly className: string
  /** The folder of its package; its file, where that is in none. */
  readonly home: string | undefined
  readonly packageName: string | undefined
}

function identityOf(provider: RegisteredProvider): Identity {
  // Bundlers number classes of the same name.
  const { name } = (provider.constructor as { readonly name: string } | undefined) ?? { name: '' }
  const className = name.replace(/\$\d+$/, '') || 'a tracer provider'
  const file = fileOf(provider)
  const found = file === undefined ? undefined : packageFolderOf(file)
  return { className, home: found?.folder ?? file, packageName: found?.name }
}

/**
 * No object knows the file of its class. But a provider reads the schema's URL when it is asked for a tracer, and the
 * reading code is next on the stack: that works for required, imported and bundled SDKs alike.
 */
function fileOf(provider: RegisteredProvider): string | undefined {
  let stack = ''
  try {
    provider.getTracer('spanwright', undefined, {
      get schemaUrl() {
        stack ||= new Error('who reads this?').stack ?? ''
        return ''
      },
    })
  } catch {
    return undefined
  }
  return framesOf(stack)[1]?.file
}

/** Flushes another SDK's provider, which runs on: who has started it stops it. */
export function flushOf(provider: RegisteredProvider): RunningFlush {
  return ({ timeoutMillis }) =>
    settledWithin(timeoutMillis, 'sending spans by the other SDK', () => [Promise.resolve(provider.forceFlush?.())])
}

import { registerInstrumentations, type Instrumentation } from '@opentelemetry/instrumentation'
import {
  context,
  INVALID_SPAN_CONTEXT,
  logs,
  metrics,
  trace,
  type Span,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api'
import { messageOf, safely, warnOnce } from '../internal/diagnostics/diagnostics.js'
import { requireOwn, requirePackage } from '../internal/runtime/own-package.js'
import { ApiCopies } from './warnings/api-copies.js'
import * as ofBuiltIns from './built-in-instrumentations.js'
import { areInUse, byBuiltIn, isOfBuiltIns, patchBuiltIns } from './loading/built-ins.js'
import { warnOfBundledPackages } from './warnings/bundled-app.js'
import { packageOf, type CatalogueEntry } from './catalogue.js'
import type { OwnInstrumentationName } from './config-types.js'
import { DuplicateInstrumentations } from './warnings/duplicates.js'
import { configOf, extended } from './extensions.js'
import { traceFastify } from './frameworks/fastify.js'
import { startWithFirstFetch } from './http-client/undici.js'
import { beforeFirstRequire, isForTheApp, onModuleResolved } from './loading/module-hooks.js'
import type { InstrumentationClass } from './instrumentation-class.js'
import { guardedPatches } from './loading/guarded-patches.js'
import { patchHttp2 } from './http2/patch.js'
import { installed } from './installed.js'
import { libraryInstrumentation } from './library-instrumentations.js'
import { EarlyLoads } from './warnings/loaded-too-early.js'
import { leaveTraceFieldsToAdapters } from './log-correlation.js'
import { FASTIFY } from './names.js'
import { leavePatchesOfTheApp } from './loading/patches-of-the-app.js'
import { selectInstrumentations, wantsFastify, type InstrumentationChoice } from './selection.js'

/** Those that listen and don't patch: two of them would make each span, or count each request, twice. */
const LISTENING: ReadonlySet<string> = new Set(['host-metrics', 'runtime-node', 'undici'])

const duplicates = new DuplicateInstrumentations(({ name }) => {
  if (!LISTENING.has(name)) return
  for (const { instrumentation, entry } of installed.started) if (entry?.name === name) instrumentation.disable()
})

/** Has an instrumentation that the app passes in take precedence over ours. */
export function appHasStarted({ instrumentationName }: Instrumentation): void {
  duplicates.add(instrumentationName)
}

/**
 * Installs the wanted instrumentations, each as late as can be: just before what it patches is first loaded, by `require` or
 * by `import`; now, where that is a built-in that has been loaded. What the app does not use costs nothing.
 */
export function installInstrumentations(choice: InstrumentationChoice): void {
  // A second start, after a shutdown: hooks and patches are in place, and a second set would make each span twice.
  installed.choice = choice
  if (installed.hooksAreSet) {
    for (const { instrumentation, entry } of installed.started) {
      if (entry) instrumentation.setConfig({ enabled: true, ...configOf(entry, choice) })
    }
    return
  }
  const wanted = selectInstrumentations(choice)
  const patched = packagesOf(
    wanted.filter((entry) => !isOfBuiltIns(entry)),
    ({ modules }) => modules,
  )
  const packages = new Map([...patched, ...packagesOf(wanted, ({ alsoModules = [] }) => alsoModules)])
  const builtIns = wanted.filter(isOfBuiltIns)
  const waiting = byBuiltIn([...builtIns, HTTP2].filter((entry) => !areInUse(entry)))
  installed.wanted = wanted

  const started = new Set<CatalogueEntry>()
  const start = (entry: CatalogueEntry): Instrumentation | undefined => {
    if (started.has(entry)) return undefined
    started.add(entry)
    // It looks names up and opens sockets with what is in Node.js.
    if (entry.name === 'undici') for (const builtIn of builtIns) if (DETAILS.has(builtIn.name)) start(builtIn)
    if (LISTENING.has(entry.name) && duplicates.has(entry)) return undefined
    const instrumentation = startInstrumentation(entry, installed.choice ?? choice)
    if (isOfBuiltIns(entry)) patchBuiltIns(entry)
    return instrumentation
  }

  const http = builtIns.find(({ name }) => name === 'http')
  let http2IsPatched = false
  const startHttp2 = (): void => {
    if (!http || http2IsPatched) return
    http2IsPatched = true
    start(http)
    const byHttp = installed.started.find(({ entry }) => entry === http)
    if (byHttp) patchHttp2(byHttp.instrumentation)
  }

  const earlyLoads = new EarlyLoads(new Set(patched.keys()))
  installed.tooLate = () => earlyLoads.packages()
  const copies = new ApiCopies()
  const loaded = Object.keys(requireOwn.cache)
  earlyLoads.lookAt(loaded)
  copies.lookAt(loaded)
  const resolved = onModuleResolved(packages, waiting, {
    resolved: (entry) => (entry === HTTP2 ? startHttp2() : start(entry)),
    ranUnseen: (name) => earlyLoads.found(name),
    apiResolved: (url) => copies.resolved(url),
  })
  installed.hooksAreSet = true
  beforeFirstRequire(packages, (entry, parent) => {
    if (installed.started.length === 0 && isForTheApp(entry, parent)) start(entry)
    return installed.started.length > 0
  })
  for (const entry of builtIns) {
    if (entry.name === 'undici') startWithFirstFetch(() => start(entry))
    else if (areInUse(entry)) start(entry)
  }
  if (areInUse(HTTP2)) startHttp2()
  if (wantsFastify(choice)) {
    traceFastify(choice.config[FASTIFY] ?? {}, {
      contextOf: choice.contextOfRequest,
      started: (instrumentation) => installed.started.push({ instrumentation }),
    })
  }
  warnOfBundledPackages(patched, (name) => resolved.has(name))
}

function packagesOf(
  entries: readonly CatalogueEntry[],
  modulesOf: (entry: CatalogueEntry) => readonly string[],
): Map<string, CatalogueEntry> {
  return new Map(entries.flatMap((entry) => modulesOf(entry).map((module) => [module, entry] as const)))
}

/**
 * Has all that is started trace to this provider, and measure and log to what is registered now; from now on notices the
 * instrumentations that the app starts.
 */
export function instrumentationsTraceTo(provider: TracerProvider | undefined): void {
  for (const { instrumentation, entry } of installed.started) {
    duplicates.ours(() => instrumentation.setTracerProvider(providerFor(entry?.name)))
    // They start before there is an SDK, and the API has no proxy for meters as it has for tracers.
    instrumentation.setMeterProvider(metrics.getMeterProvider())
    instrumentation.setLoggerProvider?.(logs.getLoggerProvider())
  }
  if (provider) duplicates.watch(provider)
}

/** Traced by the instrumentation of http, which is of HTTP/1. */
const HTTP2: CatalogueEntry = { name: 'http', className: '', modules: ['http2'], wanted: 'default' }

type InstrumentationModule = Readonly<Record<string, InstrumentationClass>>

/** Wanted by nearly every app, so the build has them in one file, which is loaded when one of its names is first read. */
const OF_BUILT_INS: Readonly<Record<string, object>> = ofBuiltIns

function startInstrumentation(entry: CatalogueEntry, choice: InstrumentationChoice): Instrumentation | undefined {
  const packageName = packageOf(entry)
  try {
    const Instrumentation = classOf(entry)
    const instrumentation = duplicates.ours(() => {
      const Class = guardedPatches(extended(entry.name, Instrumentation, choice), entry)
      const created = new Class(configOf(entry, choice))
      leavePatchesOfTheApp(created, () => duplicates.has(entry))
      leaveTraceFieldsToAdapters(created)
      registerInstrumentations({ instrumentations: [created], tracerProvider: providerFor(entry.name) })
      return created
    })
    installed.started.push({ instrumentation, entry })
    return instrumentation
  } catch (error) {
    warnOnce(
      `start ${packageName}`,
      `${packageName} could not be started, ${entry.name} is not traced: ${messageOf(error)}`,
    )
    return undefined
  }
}

function classOf(entry: CatalogueEntry): InstrumentationClass {
  if (entry.isOurs) return libraryInstrumentation(entry.name as OwnInstrumentationName, packageOf(entry), safely)
  const packageName = packageOf(entry)
  const exported = (OF_BUILT_INS[entry.name] ?? requirePackage(packageName)) as InstrumentationModule
  const Instrumentation = exported[entry.className]
  if (!Instrumentation) throw new Error(`${packageName} has no ${entry.className}`)
  return Instrumentation
}

/** What a request is made of, and what is nothing by itself. */
const DETAILS: ReadonlySet<string> = new Set(['dns', 'net'])

function providerFor(name = ''): TracerProvider {
  const provider = trace.getTracerProvider()
  return DETAILS.has(name) ? requireParent(provider) : provider
}

/**
 * A provider whose tracers make spans only inside of a trace. Sockets and name look-ups are details of a request; by
 * themselves (a server that starts to listen, a connection that a pool opens in advance) they would each be a trace of one
 * span, and hide the traces that matter. The instrumentations it is meant for make no span active.
 */
function requireParent(provider: TracerProvider): TracerProvider {
  return {
    getTracer(...identity) {
      const tracer = provider.getTracer(...identity)
      return {
        startActiveSpan: tracer.startActiveSpan.bind(tracer),
        startSpan: (name, options, parent = context.active()): Span =>
          trace.getSpanContext(parent)
            ? tracer.startSpan(name, options, parent)
            : trace.wrapSpanContext(INVALID_SPAN_CONTEXT),
      } satisfies Tracer
    },
  }
}

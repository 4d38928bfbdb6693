import { registerInstrumentations, type Instrumentation } from '@opentelemetry/instrumentation'
import { logs, metrics, trace, type TracerProvider } from '@opentelemetry/api'
import { messageOf, warnOnce } from '../internal/diagnostics/diagnostics.js'
import { requireOwn } from '../internal/runtime/own-package.js'
import { ApiCopies } from './warnings/api-copies.js'
import * as ofBuiltIns from './built-in-instrumentations.js'
import { areInUse, byBuiltIn, isOfBuiltIns, patchBuiltIns } from './loading/built-ins.js'
import { warnOfBundledPackages } from './warnings/bundled-app.js'
import { packageOf, type CatalogueEntry } from './catalogue.js'
import { DuplicateInstrumentations } from './warnings/duplicates.js'
import { extended } from './extensions.js'
import { traceFastify } from './frameworks/fastify.js'
import { startWithFirstFetch } from './loading/first-fetch.js'
import { beforeFirstRequire } from './loading/first-require.js'
import { guardedPatches, type InstrumentationClass } from './loading/guarded-patches.js'
import { patchHttp2 } from './http2/patch.js'
import { withInProcessRequests } from './http/in-process-requests.js'
import { installed } from './installed.js'
import { configOf } from './instrumentation-config.js'
import { EarlyLoads } from './warnings/loaded-too-early.js'
import { leaveTraceFieldsToAdapters } from './log-correlation.js'
import { isForTheApp, onModuleResolved } from './loading/module-hooks.js'
import { FASTIFY } from './names.js'
import { requireParent } from './require-parent.js'
import { leavePatchesOfTheApp } from './loading/patches-of-the-app.js'
import { selectInstrumentations, wantsFastify, type InstrumentationChoice } from './selection.js'

/** Those that listen and don't patch: two of them would make each span, or count each request, twice. */
const LISTENING: ReadonlySet<string> = new Set(['host-metrics', 'runtime-node', 'undici'])

const doubles = new DuplicateInstrumentations(({ name }) => {
  if (!LISTENING.has(name)) return
  for (const { instrumentation, entry } of installed.started) if (entry?.name === name) instrumentation.disable()
})

/** Has an instrumentation that the app passes in take precedence over ours. */
export function appHasStarted({ instrumentationName }: Instrumentation): void {
  doubles.add(instrumentationName)
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
    if (LISTENING.has(entry.name) && doubles.has(entry)) return undefined
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

  /** It looks names up and opens sockets with what is in Node.js. */
  const startUndici = (undici: CatalogueEntry): Instrumentation | undefined => {
    for (const entry of builtIns) if (DETAILS.has(entry.name)) start(entry)
    return start(undici)
  }

  const startLoaded = (entry: CatalogueEntry): unknown => (entry.name === 'undici' ? startUndici(entry) : start(entry))

  const late = new EarlyLoads(new Set(patched.keys()))
  installed.tooLate = () => late.packages()
  const copies = new ApiCopies()
  const loaded = Object.keys(requireOwn.cache)
  late.lookAt(loaded)
  copies.lookAt(loaded)
  const resolved = onModuleResolved(packages, waiting, {
    resolved: (entry) => (entry === HTTP2 ? startHttp2() : startLoaded(entry)),
    ranUnseen: (name) => late.found(name),
    apiResolved: (url) => copies.resolved(url),
  })
  installed.hooksAreSet = true
  beforeFirstRequire(packages, (entry, parent) => {
    if (installed.started.length === 0 && isForTheApp(entry, parent)) startLoaded(entry)
    return installed.started.length > 0
  })
  for (const entry of builtIns) {
    if (entry.name === 'undici') startWithFirstFetch(() => startUndici(entry))
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

/** Has all that is started trace to this provider, and measure and log to what is registered now, and looks out for those that the app starts. */
export function instrumentationsTraceTo(provider: TracerProvider | undefined): void {
  for (const { instrumentation, entry } of installed.started) {
    doubles.ours(() => instrumentation.setTracerProvider(providerFor(entry?.name)))
    // They start before there is an SDK, and the API has no proxy for meters as it has for tracers.
    instrumentation.setMeterProvider(metrics.getMeterProvider())
    instrumentation.setLoggerProvider?.(logs.getLoggerProvider())
  }
  if (provider) doubles.watch(provider)
}

/** Traced by the instrumentation of http, which is of HTTP/1. */
const HTTP2: CatalogueEntry = { name: 'http', className: '', modules: ['http2'], wanted: 'default' }

type InstrumentationModule = Readonly<Record<string, InstrumentationClass>>

/** Wanted by nearly every app, so the build has them in one file, which is loaded when one of its names is first read. */
const OF_BUILT_INS: Readonly<Record<string, object>> = ofBuiltIns

function startInstrumentation(entry: CatalogueEntry, choice: InstrumentationChoice): Instrumentation | undefined {
  const packageName = packageOf(entry)
  try {
    const exported = (OF_BUILT_INS[entry.name] ?? requireOwn(packageName)) as InstrumentationModule
    const Instrumentation = exported[entry.className]
    if (!Instrumentation) throw new Error(`${packageName} has no ${entry.className}`)
    const instrumentation = doubles.ours(() => {
      const ours = withInProcessRequests(extended(entry.name, Instrumentation), entry.name, choice.contextOfRequest)
      const Class = guardedPatches(ours, entry)
      const created = new Class(configOf(entry, choice))
      leavePatchesOfTheApp(created, () => doubles.has(entry))
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

/** What a request is made of, and what is nothing by itself. */
const DETAILS: ReadonlySet<string> = new Set(['dns', 'net'])

function providerFor(name = ''): TracerProvider {
  const provider = trace.getTracerProvider()
  return DETAILS.has(name) ? requireParent(provider) : provider
}

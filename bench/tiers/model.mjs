// From what one span costs to what a fleet needs. Pure; test/docs/scaling.test.ts compares the page with it.

export const RATES = [1e4, 1e6, 1e8]
/** A server span in each of three services, and a client span in the first two. */
export const SPANS_A_TRACE = 5
/** An instance of a gateway, and how much of it is meant to be used: the rest is for a peak, and for one that is gone. */
export const GATEWAY = { cores: 4, gibibytes: 8, utilization: 0.6 }
const GIBIBYTE = 2 ** 30

/** What so many spans a second need at each tier. */
export function sizeOf(spansASecond, figures) {
  const waitingSpans = spansASecond * figures.decisionWaitSeconds
  const gatewayCores = (spansASecond * figures.gatewayMicros) / 1e6
  const waitingBytes = waitingSpans * figures.waitingBytes
  const usableCores = GATEWAY.cores * GATEWAY.utilization
  const usableBytes = GATEWAY.gibibytes * GIBIBYTE * GATEWAY.utilization - figures.gatewayIdleBytes
  const byCores = gatewayCores / usableCores
  const byMemory = waitingBytes / usableBytes
  // Two at least: one of them restarts now and then.
  const gateways = Math.max(2, Math.ceil(Math.max(byCores, byMemory)))
  const keptSpans = spansASecond * figures.keptShare
  return {
    wireBytesASecond: spansASecond * figures.wireBytes,
    gzippedBytesASecond: spansASecond * figures.gzippedBytes,
    agentCores: (spansASecond * figures.agentMicros) / 1e6,
    gatewayCores,
    waitingTraces: waitingSpans / SPANS_A_TRACE,
    waitingBytes,
    gateways,
    gatewayLimit: byCores > byMemory ? 'CPU time' : 'memory',
    tracesAGateway: Math.ceil(waitingSpans / SPANS_A_TRACE / gateways),
    keptSpans,
    jaegerCores: (keptSpans * figures.jaegerMicros) / 1e6,
    openSearchCores: (keptSpans * figures.openSearchMicros) / 1e6,
    openSearchBytesADay: keptSpans * figures.openSearchBytes * 86_400,
    allBytesADay: spansASecond * figures.openSearchBytes * 86_400,
    badgerBytesADay: keptSpans * figures.badgerBytes * 86_400,
  }
}

/** How many spans a second fill one core, or one gateway of the model. */
export function limitsOf(figures) {
  const usableBytes = GATEWAY.gibibytes * GIBIBYTE * GATEWAY.utilization - figures.gatewayIdleBytes
  return {
    agentCore: 1e6 / figures.agentMicros,
    gatewayCore: 1e6 / figures.gatewayMicros,
    gatewayMemory: usableBytes / (figures.waitingBytes * figures.decisionWaitSeconds),
    badgerCore: 1e6 / figures.badgerMicros,
    openSearchCore: 1e6 / (figures.openSearchMicros + figures.jaegerMicros),
  }
}

// Each tier by itself: what a span costs in CPU time, what waits in memory, and what is written.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { recordLoad, sendLoad } from './load.mjs'
import { bytesOnDisk, folder, REPOSITORY, startCollector, startJaeger, startOpenSearch, usageOf } from './programs.mjs'

const compose = (file) => join(REPOSITORY, 'deploy/compose', file)
const DECISION_WAIT_SECONDS = Number(/decision_wait: (\d+)s/.exec(readFileSync(compose('gateway.yaml'), 'utf8'))[1])

/** Every figure of the model. */
export async function measureTiers({ spansASecond, seconds, log }) {
  const load = await recordLoad()
  log(`recorded: ${load.bytesASpan.toFixed(0)} bytes a span`)
  const tiers = await measureCollectors(load, { spansASecond, seconds, log })
  const badger = await measureBadger(load, { spansASecond: spansASecond / 2, seconds, log })
  const openSearch = await measureOpenSearch(load, { spansASecond: spansASecond / 4, seconds, log })
  return {
    wireBytes: load.bytesASpan,
    gzippedBytes: load.gzippedBytesASpan,
    ...tiers,
    decisionWaitSeconds: DECISION_WAIT_SECONDS,
    ...badger,
    ...openSearch,
  }
}

/** Services → agent → gateway → a collector that writes what was kept to a file. */
async function measureCollectors(load, { spansASecond, seconds, log }) {
  const file = join(folder, 'kept.jsonl')
  const sinkFile = join(folder, 'sink.yaml')
  writeFileSync(sinkFile, JSON.stringify(sinkConfiguration(file)))
  const sink = await startCollector(sinkFile)
  const gateway = await startCollector(compose('gateway.yaml'), { env: { JAEGER_ENDPOINT: sink.grpc } })
  const agent = await startCollector(compose('agent.yaml'), {
    settings: { 'exporters.load_balancing.resolver.static.hostnames': `[${gateway.grpc}]` },
  })
  await delay(1_000)
  const idle = { agent: usageOf(agent), gateway: usageOf(gateway) }
  const steadySecond = DECISION_WAIT_SECONDS + 2
  let steady
  const most = { agent: 0, gateway: 0 }
  const sent = await sendLoad(load, agent.http, {
    spansASecond,
    seconds: seconds + steadySecond,
    eachSecond(second, spans) {
      most.agent = Math.max(most.agent, usageOf(agent).bytes)
      most.gateway = Math.max(most.gateway, usageOf(gateway).bytes)
      if (second === steadySecond) steady = { spans, agent: usageOf(agent), gateway: usageOf(gateway) }
    },
  })
  const end = { agent: usageOf(agent), gateway: usageOf(gateway) }
  const microsASpan = (tier) => ((end[tier].seconds - steady[tier].seconds) / (sent - steady.spans)) * 1e6
  const figures = {
    agentMicros: microsASpan('agent'),
    agentBytes: most.agent,
    gatewayMicros: microsASpan('gateway'),
    gatewayIdleBytes: idle.gateway.bytes,
    waitingBytes: (most.gateway - idle.gateway.bytes) / (spansASecond * DECISION_WAIT_SECONDS),
  }
  await agent.stop()
  await gateway.stop()
  await sink.stop()
  const kept = readFileSync(file, 'utf8').split('"spanId"').length - 1
  log(
    `agent ${figures.agentMicros.toFixed(1)} µs, gateway ${figures.gatewayMicros.toFixed(1)} µs a span; ${kept} of ${sent} kept`,
  )
  return { ...figures, keptShare: kept / sent }
}

const sinkConfiguration = (path) => ({
  receivers: { otlp: { protocols: { grpc: {}, http: {} } } },
  exporters: { file: { path } },
  extensions: { health_check: {} },
  service: { extensions: ['health_check'], pipelines: { traces: { receivers: ['otlp'], exporters: ['file'] } } },
})

async function measureBadger(load, { spansASecond, seconds, log }) {
  const [keys, values] = ['keys', 'values'].map((name) => join(folder, 'badger', name))
  const directories = 'extensions.jaeger_storage.backends.main.badger.directories'
  const jaeger = await startJaeger('badger.yaml', {
    settings: { [`${directories}.keys`]: keys, [`${directories}.values`]: values },
  })
  const before = usageOf(jaeger).seconds
  const sent = await sendLoad(load, jaeger.http, { spansASecond, seconds })
  await delay(3_000)
  const after = usageOf(jaeger)
  await jaeger.stop()
  const figures = {
    badgerMicros: ((after.seconds - before) / sent) * 1e6,
    badgerBytes: (bytesOnDisk(keys) + bytesOnDisk(values)) / sent,
  }
  log(`Jaeger with badger ${figures.badgerMicros.toFixed(1)} µs, ${figures.badgerBytes.toFixed(0)} bytes a span`)
  return figures
}

async function measureOpenSearch(load, { spansASecond, seconds, log }) {
  const openSearch = await startOpenSearch()
  const jaeger = await startJaeger('opensearch.yaml', { env: { OPENSEARCH_URL: openSearch.url } })
  const send = (seconds) => sendLoad(load, jaeger.http, { spansASecond, seconds })
  // Java compiles what it runs often.
  const first = await send(seconds)
  await delay(3_000)
  const before = { jaeger: usageOf(jaeger).seconds, openSearch: usageOf(openSearch).seconds }
  const sent = await send(seconds)
  await delay(5_000)
  const after = { jaeger: usageOf(jaeger).seconds, openSearch: usageOf(openSearch).seconds }
  const post = (path) => fetch(`${openSearch.url}/${path}`, { method: 'POST' })
  await post('traces-jaeger-span-*/_forcemerge?max_num_segments=1&flush=true')
  await post('traces-jaeger-span-*/_refresh')
  const stats = await (await fetch(`${openSearch.url}/traces-jaeger-span-*/_stats/store,docs`)).json()
  const { store, docs } = stats._all.primaries
  await jaeger.stop()
  await openSearch.stop()
  if (docs.count < first + sent) throw new Error(`OpenSearch has ${docs.count} of ${first + sent} spans`)
  const figures = {
    jaegerMicros: ((after.jaeger - before.jaeger) / sent) * 1e6,
    openSearchMicros: ((after.openSearch - before.openSearch) / sent) * 1e6,
    openSearchBytes: store.size_in_bytes / (first + sent),
  }
  log(
    `Jaeger ${figures.jaegerMicros.toFixed(1)} µs, OpenSearch ${figures.openSearchMicros.toFixed(1)} µs, ${figures.openSearchBytes.toFixed(0)} bytes a span`,
  )
  return figures
}

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const SAME = 'encodes with OpenTelemetry’s own encoder, as stock does'
const PRIVATE = 'has a format of its own and no encoder to call from outside: part of what a span costs, above'

export const encoder = {
  key: 'encoder',
  title: 'Encoder',
  text: 'CPU time to encode an ended span as OTLP protobuf, in batches of 512, both encoders in one process.',
  rounds: 5,
  figures: [
    { key: 'attributes8', label: '8 attributes', unit: 'ns', isLessBetter: true, isHeadline: true },
    { key: 'attributes5', label: '5 attributes', unit: 'ns', isLessBetter: true },
  ],
  dashes: {
    none: 'encodes nothing',
    'dd-trace': PRIVATE,
    'elastic-apm': PRIVATE,
    sentry: PRIVATE,
    'elastic-otel': SAME,
    splunk: SAME,
    vercel: 'has a copy of OpenTelemetry’s encoder, bundled',
  },
  async measure({ rounds }) {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [join(import.meta.dirname, '../../encoder.mjs'), '--json'],
      { encoding: 'utf8', env: { ...process.env, SPANWRIGHT_BENCH_ROUNDS: String(rounds) } },
    )
    if (status !== 0) throw new Error(`bench/encoder.mjs ended with ${status}:\n${stderr}`)
    const samples = { stock: [], spanwright: [] }
    for (const { attributeCount, samples: measured } of JSON.parse(stdout)) {
      const key = `attributes${attributeCount}`
      for (const [name, values] of [
        ['stock', measured.stock],
        ['spanwright', measured.ours],
      ])
        values.forEach((value, i) => ((samples[name][i] ??= {})[key] = value))
    }
    return { samples }
  },
}

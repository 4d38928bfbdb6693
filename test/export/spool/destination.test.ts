import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { destinationOf } from '../../../src/export/spool/destination.js'
import { otlpFromEnvironment, type OtlpProtocol } from '../../../src/export/pipeline/otlp-settings.js'
import type { Signal } from '../../../src/export/pipeline/signal.js'
import { batch, claims, files, killedProcess, newFolder, rig } from './rig.js'

afterEach(() => vi.unstubAllEnvs())

const OTHER = { name: 'traces to somewhere', identity: 'somewhere, with another secret' }

test('only what was written for the same destination is adopted, and the rest is logged once, with its size', async () => {
  const folder = newFolder()
  await killedProcess(folder, 1, 2)
  const other = rig(folder, { destination: OTHER })
  const before = files(folder)
  expect([other.spool.adopt(), other.spool.adopt()]).toEqual([[], []])
  expect(files(folder)).toEqual(before)
  expect(other.warnings.map(({ key }) => key)).toEqual(['spool left other'])
  const [{ message } = { message: '' }] = other.warnings
  expect(message).toMatch(/^2 unsent batches stay in the spool .* \(344 bytes\): written for another endpoint/)
  expect(message).toContain('(traces to somewhere)')
  const same = rig(folder)
  expect(same.spool.adopt()).toHaveLength(2)
  expect(same.warnings).toEqual([])
})

test('what another process wrote is not sent either where it has come among the own entries', () => {
  const { spool: other, folder } = rig(newFolder(), { destination: OTHER })
  const name = other.put(batch(1)) ?? ''
  const [theirs = ''] = claims(folder)
  const { spool, warnings } = rig(folder)
  spool.put(batch(2))
  const ours = claims(folder).find((path) => path !== theirs) ?? ''
  renameSync(join(theirs, name), join(ours, name))
  expect(spool.read(name)).toBeUndefined()
  expect(warnings[0]?.message).toContain('another endpoint, format or headers')
})

test('nothing on disk holds the destination itself, and two spools of one have different stamps', () => {
  const [first, second] = [rig(), rig()]
  const stamps = [first, second].map(({ spool, folder }) => {
    spool.put(batch(1))
    const contents = files(folder).map((path) => readFileSync(join(folder, path), 'latin1'))
    expect(contents.join()).not.toContain('secret')
    return contents.find((content) => content.startsWith('SPANWSPL'))?.slice(24, 72)
  })
  expect(stamps[0]).toHaveLength(48)
  expect(stamps[0]).not.toBe(stamps[1])
})

test('claims of the version before are left where they are, counted, and logged once', async () => {
  const folder = newFolder()
  await killedProcess(folder, 1, 2)
  const [claim = ''] = claims(folder)
  const old = claim.replace('batches-', 'spans-')
  renameSync(claim, old)
  const { spool, warnings } = rig(folder, { maxBytes: 3 * 172 - 1 })
  expect([spool.adopt(), spool.adopt()]).toEqual([[], []])
  expect(warnings.map(({ key }) => key)).toEqual(['spool left old'])
  expect(warnings[0]?.message).toMatch(/^2 unsent batches stay .*an earlier version of spanwright.*spans-\*/)
  // They take room.
  expect(spool.put(batch(1))).toBeUndefined()
})

test('a claim in which nothing can be read is left, and an empty one is cleared away', async () => {
  const folder = newFolder()
  await killedProcess(folder, 2, 1)
  const [torn = '', empty = ''] = claims(folder)
  for (const [claim, content] of [[torn, ''] as const, [empty, undefined] as const]) {
    const [entry = ''] = files(claim).filter((name) => name.endsWith('.batch'))
    rmSync(join(claim, entry))
    if (content !== undefined) writeFileSync(join(claim, entry), content, { mode: 0o600 })
  }
  const { spool } = rig(folder)
  expect(spool.adopt()).toEqual([])
  spool.close()
  expect(claims(folder)).toEqual([torn])
})

function inEnvironment(
  env: Record<string, string>,
  protocol: OtlpProtocol = 'http/json',
  signal: Signal = 'traces',
): string {
  for (const [name, value] of Object.entries({ ...env, PROTOCOL: protocol })) {
    vi.stubEnv(`OTEL_EXPORTER_OTLP_${name}`, value)
  }
  const { identity } = destinationOf(otlpFromEnvironment(signal))
  vi.unstubAllEnvs()
  return identity
}

test('destinations are the same where the backend can see no difference', () => {
  expect(inEnvironment({ ENDPOINT: 'http://c:4318/' })).toBe(
    inEnvironment({ TRACES_ENDPOINT: 'http://c:4318/v1/traces' }),
  )
  expect(inEnvironment({})).toBe(inEnvironment({ ENDPOINT: 'http://localhost:4318' }))
  expect(inEnvironment({ HEADERS: 'a=1,B=2' })).toBe(inEnvironment({ HEADERS: 'b=2, A=1' }))
  expect(inEnvironment({ HEADERS: 'a=0', TRACES_HEADERS: 'a=1' })).toBe(inEnvironment({ HEADERS: 'a=1' }))
})

test('destinations differ by endpoint, format, signal, headers and client certificate', () => {
  const all = [
    inEnvironment({}),
    inEnvironment({}, 'grpc'),
    inEnvironment({}, 'http/protobuf'),
    inEnvironment({ ENDPOINT: 'http://c:4318' }),
    inEnvironment({ ENDPOINT: 'http://c:4318/?token=1' }),
    inEnvironment({ HEADERS: 'x-tenant=1' }),
    inEnvironment({ HEADERS: 'x-tenant=2' }),
    inEnvironment({ CLIENT_CERTIFICATE: '/a.pem' }),
    inEnvironment({}, 'http/json', 'logs'),
  ]
  expect(new Set(all).size).toBe(all.length)
})

test('a destination is named without its secrets', () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json')
  vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'https://user:secret@c/v1?secret')
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'k=secret')
  const { name } = destinationOf(otlpFromEnvironment())
  expect(name).toBe('traces as http/json to https://***@c/v1?***')
})

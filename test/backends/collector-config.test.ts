import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collectorConfigArguments } from '../../src/cli/collector-config/arguments.js'
import type { ServiceSettings } from '../../src/cli/collector-config/service-settings.js'
import { collectorConfigFile } from '../../src/cli/collector-config/write-config.js'
import { COLLECTOR_FILES, SERVICE as DEFAULT_SERVICE } from '../deploy/collector-files.js'
import { temporaryFolder } from './collector.js'
import { has, needs, programPath } from './programs.js'

const SERVICE: ServiceSettings = { ...DEFAULT_SERVICE, name: 'orders', sendsLogs: true }

const EVERY_POLICY =
  '--policy errors --policy slow=250ms --policy rest=0.5% --policy service=a --policy attribute=http.route:/a/:id'

describe.skipIf(!has('collector'))(`each file of collector-config is accepted ${needs('collector')}`, () => {
  test.each([
    ['--tier agent'],
    ['--tier agent --gateways one:4317,two:4317,three:4317'],
    ['--tier agent --gateways dns:gateway.traces.svc:4317'],
    ['--tier agent --gateways dns:gateway.traces.svc:4317 --collector-version 0.140.0'],
    ['--tier agent --collector-version 0.140.0'],
    ...Object.values(COLLECTOR_FILES).map((args) => [args]),
    ...['otlp', 'jaeger', 'tempo', 'zipkin', 'prometheus', 'loki'].flatMap((backend) => [
      [`--backend ${backend}`],
      [`--tier gateway --backend ${backend} ${EVERY_POLICY}`],
      [`--tier gateway --backend ${backend} --backend prometheus --collector-version 0.140.0`],
    ]),
  ])('%s', (args) => {
    const { status, said } = validated(args)
    expect({ status, said }).toEqual({ status: 0, said: expect.any(String) as string })
    // The names of the release itself: no warning.
    if (!args.includes('0.140.0')) expect(said).not.toContain('deprecated')
  })

  test('of a service that sends elsewhere, by TLS, with headers', () => {
    const elsewhere = { endpoint: new URL('https://otlp.example.test/v1/traces'), headerNames: ['x-api-key'] }
    expect(validated('--backend otlp', elsewhere)).toMatchObject({ status: 0 })
    const isGrpc = { ...elsewhere, isGrpc: true, usesClientCertificate: true }
    // The receiver's certificate is looked for, and that is all.
    expect(validated('--tier gateway --backend otlp', isGrpc)).toMatchObject({ status: 0 })
  })

  test('and a file with a wrong name in it is not', () => {
    const { status, said } = validated('--backend jaeger', {}, (file) => file.replace('otlp_grpc', 'otlp_grcp'))
    expect(status).toBe(1)
    expect(said).toContain('otlp_grcp')
  })
})

const folders = new AsyncDisposableStack()
afterAll(() => folders.disposeAsync())
let folder: string
beforeAll(async () => {
  folder = folders.use(await temporaryFolder('collector-config')).path
})

function validated(
  args: string,
  service: Partial<ServiceSettings> = {},
  change: (file: string) => string = (file) => file,
): { status: number | null; said: string } {
  const list = args.split(' ')
  const file = join(folder, 'collector.yaml')
  writeFileSync(file, change(collectorConfigFile(collectorConfigArguments(list), { ...SERVICE, ...service }, list)))
  const { status, stdout, stderr } = spawnSync(programPath('collector'), ['validate', `--config=file:${file}`], {
    encoding: 'utf8',
    env: { ...process.env, QUEUE_DIRECTORY: join(folder, 'queue') },
  })
  return { status, said: stdout + stderr }
}

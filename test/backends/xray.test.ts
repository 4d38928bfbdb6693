import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { collectorFile } from '../deploy/collector-files.js'
import { awsEndpoint, containerCredentials } from '../helpers/aws-endpoint.js'
import { freePort } from '../helpers/free-port.js'
import type { ReceivedRequest } from '../helpers/otlp-sink.js'
import { runNode, startNode } from '../helpers/run-node.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'
import { temporaryFolder } from './collector.js'
import { sendEverything } from './everything.js'
import { has, needs, programPath } from './programs.js'

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'

/** What AWS's own SDK for Python says of the signature of each request. */
function comparedWithBotocore(requests: readonly ReceivedRequest[], url: string, secret: string): string[] {
  const lines = requests.map(({ headers, body }) =>
    JSON.stringify({ headers, url, secret, body: Buffer.from(body).toString('latin1') }),
  )
  const script = join(REPOSITORY, 'scripts/backends/signed-as-botocore.py')
  const output = execFileSync(programPath('botocore'), [script], { input: lines.join('\n'), encoding: 'utf8' })
  return output.trim().split('\n')
}

describe.skipIf(!has('botocore'))(`the signatures of what goes to AWS ${needs('botocore')}`, () => {
  test.each(['xray.eu-west-1.amazonaws.com', 'xray.us-east-1.api.aws', 'xray.cn-north-1.amazonaws.com.cn'])(
    'are those of botocore at %s, with keys of the environment and of a container',
    async (host) => {
      await using aws = await awsEndpoint(host)
      await using container = await containerCredentials(3_600_000)
      const url = `https://${host}/v1/traces`
      const send = (env: Readonly<Record<string, string>>): ReturnType<typeof runNode> =>
        runNode({
          cwd: REPOSITORY,
          args: ['--import', 'spanwright/register', fixture('children.mjs'), '2'],
          env: { ...aws.env, OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=a%20%20b', ...env },
        })
      await send({ AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: SECRET })
      await send({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', AWS_ACCESS_KEY_ID: 'KEY', AWS_SECRET_ACCESS_KEY: SECRET })
      expect(comparedWithBotocore(aws.sink.requests, url, SECRET)).toEqual(['same', 'same'])
      expect(comparedWithBotocore(aws.sink.requests, url, 'another')).toEqual(
        Array(2).fill(expect.stringMatching(/^other/)),
      )
      aws.sink.reset()
      await send(container.env)
      expect(comparedWithBotocore(aws.sink.requests, url, 'secret')).toEqual(['same'])
    },
  )
})

describe.skipIf(!has('botocore', 'jaeger'))(
  `what collector-config writes for X-Ray ${needs('botocore', 'jaeger')}`,
  () => {
    // Jaeger is a collector of release 0.140, and has its authenticator; only the probes' extension has another name.
    test('sends every trace to X-Ray by the authenticator sigv4auth, signed as botocore does it', async () => {
      await using aws = await awsEndpoint('xray.eu-west-1.amazonaws.com')
      await using folder = await temporaryFolder('xray')
      const [grpc, http, health] = await Promise.all([freePort(), freePort(), freePort()])
      const text = collectorFile('--backend xray --policy rest=100% --collector-version 0.140.0')
        .replaceAll('health_check', 'healthcheckv2')
        .replace('${env:LISTEN_HOST:-0.0.0.0}:4317', `127.0.0.1:${grpc}`)
        .replace('${env:LISTEN_HOST:-0.0.0.0}:4318', `127.0.0.1:${http}`)
        .replace('${env:LISTEN_HOST:-0.0.0.0}:13133', `127.0.0.1:${health}`)
        .replace('decision_wait: 10s', 'decision_wait: 1s')
        // What was signed is the body as it is sent, and the sink keeps it unpacked.
        .replace(/^( +)auth:$/m, '$1compression: none\n$&')
      const file = join(folder.path, 'collector.yaml')
      await writeFile(file, `${text}  telemetry:\n    metrics:\n      level: none\n`)
      await using _collector = await startNode({
        node: programPath('jaeger'),
        args: ['--config', `file:${file}`],
        env: {
          ...aws.env,
          SSL_CERT_FILE: aws.env.OTEL_EXPORTER_OTLP_CERTIFICATE ?? '',
          AWS_REGION: 'eu-west-1',
          AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
          AWS_SECRET_ACCESS_KEY: SECRET,
        },
        ready: /Everything is ready/,
        timeoutMillis: 20_000,
      })
      await sendEverything({ OTEL_SERVICE_NAME: 'orders', OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${http}` })
      expect(await aws.sink.waitForSpans(2, { timeoutMillis: 15_000 })).toHaveLength(2)
      expect(comparedWithBotocore(aws.sink.requests, 'https://xray.eu-west-1.amazonaws.com/v1/traces', SECRET)).toEqual(
        ['same'],
      )
    }, 60_000)
  },
)

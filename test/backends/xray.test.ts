import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { awsEndpoint, containerCredentials } from '../helpers/aws-endpoint.js'
import type { ReceivedRequest } from '../helpers/otlp-sink.js'
import { runNode } from '../helpers/run-node.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'
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

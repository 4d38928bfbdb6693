import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { awsEndpoint, containerCredentials, type AwsEndpoint } from '../../helpers/aws-endpoint.js'
import { runNode } from '../../helpers/run-node.js'
import { fixture, REPOSITORY } from '../../helpers/traced-app.js'

// What an independent implementation says of the signatures, test/backends asks.

const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMIexamplekey' }

async function send(aws: AwsEndpoint, env: Readonly<Record<string, string>>, children = 2): Promise<string> {
  const { stderr } = await runNode({
    cwd: REPOSITORY,
    args: ['--import', 'spanwright/register', fixture('children.mjs'), `${children}`],
    env: { ...aws.env, ...env },
  })
  return stderr
}

test('what goes to AWS is signed with the credentials of the environment, from the thread and without it', async () => {
  await using aws = await awsEndpoint()
  expect(await send(aws, KEYS)).toBe('')
  expect(await send(aws, { ...KEYS, SPANWRIGHT_EXPORT_THREAD: 'off', OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' })).toBe('')
  expect(aws.sink.spans()).toHaveLength(6)
  const [first, ...others] = aws.sink.requests
  expect(first?.headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/xray\/aws4_request, SignedHeaders=content-type;host;/,
  )
  expect(first?.headers['x-amz-content-sha256']).toBe(
    createHash('sha256')
      .update(first?.body ?? '')
      .digest('hex'),
  )
  expect(others.every(({ headers }) => headers.authorization?.startsWith('AWS4-'))).toBe(true)
})

test('what the app authorizes itself is sent as it is', async () => {
  await using aws = await awsEndpoint()
  expect(await send(aws, { ...KEYS, OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer%20abc' })).toBe('')
  expect(aws.sink.requests[0]?.headers).toMatchObject({ authorization: 'Bearer abc' })
  expect(aws.sink.requests[0]?.headers['x-amz-date']).toBeUndefined()
})

test('credentials of a container are kept, and renewed before they expire', async () => {
  await using aws = await awsEndpoint()
  const oneByOne = { OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1' }
  const tokens = (): unknown[] => aws.sink.requests.map(({ headers }) => headers['x-amz-security-token'])
  await using lasting = await containerCredentials(3_600_000)
  await send(aws, { ...lasting.env, ...oneByOne }, 40)
  expect(new Set(tokens())).toEqual(new Set(['token-1']))
  expect(lasting.asked()).toBe(1)
  aws.sink.reset()
  // AWS's package looks for others five minutes before these expire, and uses them as soon as it has them.
  await using short = await containerCredentials(60_000)
  await send(aws, { ...short.env, ...oneByOne }, 40)
  expect(aws.sink.spans()).toHaveLength(41)
  expect(tokens()).toContain('token-2')
})

test('a refusal says what AWS said, without the credentials, and what helps', async () => {
  await using aws = await awsEndpoint()
  await using credentials = await containerCredentials(3_600_000)
  aws.sink.respondWith({ kind: 'status', http: 403, message: 'no match for x-amz-security-token:token-1 of KEY1' })
  const stderr = await send(aws, credentials.env)
  expect(stderr).toContain('403')
  expect(stderr).toContain('no match for x-amz-security-token:*** of ***')
  expect(stderr).toContain('AWSXrayWriteOnlyPolicy')
})

test('without credentials it says so, and nothing is sent', async () => {
  await using aws = await awsEndpoint()
  const stderr = await send(aws, {})
  expect(stderr).toMatch(/Could not load credentials.*Give the process a role or a profile of AWS/)
  expect(aws.sink.requests).toEqual([])
})

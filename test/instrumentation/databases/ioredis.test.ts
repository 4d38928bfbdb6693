import { expect, test } from 'vitest'
import { runTracedApp } from '../../helpers/traced-app.js'
import { hasRedis, NEEDS_REDIS, startRedis } from '../../messaging/brokers.js'

test.skipIf(!hasRedis)(
  `a command of ioredis that waits for the connection has one span, and what the library says of itself has none ${NEEDS_REDIS}`,
  async () => {
    await using server = await startRedis()
    const { exitCode, said, spans } = await runTracedApp('ioredis-calls.cjs', { env: { REDIS_URL: server.url } })
    expect({ exitCode, said }).toEqual({ exitCode: 0, said: [] })
    const commands = spans.filter(({ scope }) => scope.name.endsWith('ioredis'))
    expect(commands.filter(({ name }) => ['set', 'get', 'client'].includes(name)).map(({ name }) => name)).toEqual([
      'set',
      'get',
    ])
    expect(commands.filter(({ status }) => status.code === 'ERROR')).toEqual([])
  },
)

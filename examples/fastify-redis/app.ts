// Fastify and Redis in TypeScript, which Node.js 24 runs as it is: REDIS_URL=redis://… npm start, then curl localhost:3000/visits
import { fastify } from 'fastify'
import { createClient } from 'redis'

const redis = await createClient({ url: process.env.REDIS_URL ?? 'redis://localhost' }).connect()
const app = fastify({ logger: true })

app.get('/visits', async (): Promise<{ visits: number }> => ({ visits: await redis.incr('visits') }))

const address: string = await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${new URL(address).port}`)
process.once('SIGTERM', () => void app.close().then(() => redis.close()))

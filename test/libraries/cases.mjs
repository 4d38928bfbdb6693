/*
 * What is done with each library of the matrix, by a process of its own (run-case.mjs). `use` gets the library as the app has it:
 * what `require` returns, the default import, or the namespace.
 */
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const installed = createRequire(join(process.cwd(), 'app.mjs'))

/** Servers that are not there: a call of these has its span all the same. */
const CLOSED = { host: '127.0.0.1', port: 9 }

const ports = (name) => Number(process.env[`${name}_PORT`] ?? CLOSED.port)

/** Listens, sends one request, and gives the answer's text back. */
async function served(server, path = '/items/1', options = {}) {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening')
  const answer = await got(server.address().port, path, options)
  await new Promise((resolve) => server.close(resolve))
  return answer
}

function got(port, path, options) {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
      response.setEncoding('utf8')
      let text = ''
      response.on('data', (chunk) => (text += chunk))
      response.on('end', () => resolve(text))
    })
    sent.on('error', reject).end()
  })
}

const called = (call) =>
  new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))))
/** Of a call that fails where its server is not there. */
const tried = (promise) =>
  Promise.resolve(promise).then(
    () => {},
    () => {},
  )

const redisUrl = () => `redis://127.0.0.1:${ports('REDIS')}`
const sql = (name) => ({ host: '127.0.0.1', port: ports(name), user: name === 'POSTGRES' ? 'postgres' : 'root' })

export const CASES = {
  amqplib: {
    server: 'RABBITMQ',
    spans: ['PRODUCER publish amq.default', 'CONSUMER process matrix'],
    async use({ connect }) {
      const connection = await connect(`amqp://127.0.0.1:${ports('RABBITMQ')}`)
      const channel = await connection.createChannel()
      await channel.assertQueue('matrix', { durable: false })
      const arrived = Promise.withResolvers()
      await channel.consume('matrix', (message) => {
        channel.ack(message)
        arrived.resolve()
      })
      channel.sendToQueue('matrix', Buffer.from('x'))
      await arrived.promise
      await sleep(20)
      await connection.close()
    },
  },
  'better-sqlite3': {
    spans: ['CLIENT SELECT'],
    forms: ['default'],
    async use(Database) {
      const db = new Database(':memory:')
      db.prepare('SELECT 1').get()
      db.close()
    },
  },
  bullmq: {
    server: 'REDIS',
    spans: ['PRODUCER add matrix', 'CONSUMER process matrix'],
    besides: 'ioredis',
    async use({ Queue, Worker }) {
      const connection = { port: ports('REDIS'), host: '127.0.0.1', maxRetriesPerRequest: null }
      const done = Promise.withResolvers()
      const worker = new Worker('matrix', async () => {}, { connection })
      worker.on('completed', done.resolve)
      const queue = new Queue('matrix', { connection })
      await queue.add('job', {})
      await done.promise
      await Promise.all([worker.close(), queue.close()])
    },
  },
  'cassandra-driver': {
    spans: ['CLIENT cassandra-driver.execute ERROR'],
    async use({ Client }) {
      const client = new Client({ contactPoints: ['127.0.0.1:9'], localDataCenter: 'd' })
      await tried(client.execute('SELECT a FROM b WHERE c = 1'))
      await client.shutdown()
    },
  },
  connect: {
    spans: ['INTERNAL request handler - /items'],
    forms: ['default'],
    async use(connect) {
      const app = connect()
      app.use('/items', function items(request, response) {
        response.end('ok')
      })
      await served(createServer(app))
    },
  },
  dataloader: {
    spans: ['CLIENT dataloader.load', 'INTERNAL dataloader.batch'],
    forms: ['default'],
    async use(DataLoader) {
      await new DataLoader(async (keys) => keys).load(1)
    },
  },
  express: {
    spans: ['INTERNAL request handler - /items/:id'],
    forms: ['default'],
    async use(express) {
      const app = express()
      app.get('/items/:id', (request, response) => response.send('ok'))
      await served(createServer(app))
    },
  },
  'generic-pool': {
    spans: ['INTERNAL generic-pool.acquire'],
    async use({ createPool }) {
      const pool = createPool({ create: async () => ({}), destroy: async () => {} }, { max: 1 })
      await pool.release(await pool.acquire())
      await pool.drain()
      await pool.clear()
    },
  },
  graphql: {
    spans: [
      'INTERNAL graphql.parseSchema',
      'INTERNAL graphql.parse',
      'INTERNAL graphql.validate',
      'INTERNAL query',
      'INTERNAL graphql.resolve a',
    ],
    async use({ buildSchema, graphql }) {
      await graphql({ schema: buildSchema('type Query { a: Int }'), source: '{ a }', rootValue: { a: 1 } })
    },
  },
  '@grpc/grpc-js': {
    spans: ['CLIENT matrix.Items/get', 'SERVER matrix.Items/get'],
    async use({ Server, ServerCredentials, makeGenericClientConstructor, credentials }) {
      const bytes = {
        requestSerialize: (x) => x,
        requestDeserialize: (x) => x,
        responseSerialize: (x) => x,
        responseDeserialize: (x) => x,
      }
      const service = {
        get: { path: '/matrix.Items/get', requestStream: false, responseStream: false, originalName: 'get', ...bytes },
      }
      const server = new Server()
      server.addService(service, { get: (call, callback) => callback(null, Buffer.from('y')) })
      const port = await called((done) => server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), done))
      const Client = makeGenericClientConstructor(service, 'Items')
      const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
      await called((done) => client.get(Buffer.from('x'), done))
      client.close()
      server.forceShutdown()
    },
  },
  '@hapi/hapi': {
    spans: ['INTERNAL route - /items/{id}'],
    async use({ server: create }) {
      const server = create({ port: 0, host: '127.0.0.1' })
      server.route({ method: 'GET', path: '/items/{id}', handler: () => 'ok' })
      await server.start()
      await got(server.info.port, '/items/1')
      await server.stop()
    },
  },
  hono: {
    spans: ['INTERNAL request handler - /items/:id'],
    async use({ Hono }) {
      const app = new Hono()
      app.get('/items/:id', (c) => c.text('ok'))
      await app.request('/items/1')
    },
  },
  ioredis: {
    server: 'REDIS',
    spans: ['CLIENT connect', 'CLIENT info', 'CLIENT set'],
    forms: ['default', 'Redis'],
    async use(library) {
      const redis = new (library.Redis ?? library)(ports('REDIS'), '127.0.0.1', { lazyConnect: true })
      await redis.connect()
      await redis.set('matrix', '1')
      redis.disconnect()
    },
  },
  kafkajs: {
    spans: ['PRODUCER send matrix ERROR'],
    async use({ Kafka, logLevel }) {
      const producer = new Kafka({
        brokers: ['127.0.0.1:9'],
        logLevel: logLevel.NOTHING,
        retry: { retries: 0 },
      }).producer()
      await tried(producer.send({ topic: 'matrix', messages: [{ value: 'x' }] }))
      await producer.disconnect()
    },
  },
  knex: {
    server: 'POSTGRES',
    spans: ['CLIENT pg.connect', 'CLIENT select', 'INTERNAL SELECT', 'CLIENT SELECT'],
    async use(library) {
      const create = library.default?.knex ?? library.knex ?? library
      const knex = create({ client: 'pg', connection: sql('POSTGRES') })
      await knex.raw('SELECT 1')
      await knex.destroy()
    },
  },
  koa: {
    spans: ['INTERNAL middleware - items'],
    forms: ['default'],
    async use(Koa) {
      const app = new Koa()
      app.use(async function items(context) {
        context.body = 'ok'
      })
      await served(createServer(app.callback()))
    },
  },
  'lru-memoizer': {
    spans: [],
    forms: ['default'],
    async use(memoizer) {
      const memoized = memoizer({ load: (key, done) => done(null, key), hash: (key) => key, max: 10 })
      await called((done) => memoized('a', done))
    },
  },
  mariadb: {
    server: 'MARIADB',
    spans: ['CLIENT SELECT', 'CLIENT SELECT'],
    async use({ createConnection, createPool }) {
      const connection = await createConnection(sql('MARIADB'))
      await connection.query('SELECT 1')
      await connection.end()
      const pool = createPool(sql('MARIADB'))
      await pool.query('SELECT 2')
      await pool.end()
    },
  },
  memcached: {
    server: 'MEMCACHED',
    spans: ['CLIENT set'],
    forms: ['default'],
    async use(Memcached) {
      const client = new Memcached(`127.0.0.1:${ports('MEMCACHED')}`)
      await called((done) => client.set('matrix', 'x', 10, done))
      client.end()
    },
  },
  mongoose: {
    spans: ['CLIENT findOne items ERROR'],
    async use(library) {
      const mongoose = library.default ?? library
      await tried(mongoose.connect('mongodb://127.0.0.1:9/d', { serverSelectionTimeoutMS: 50 }))
      mongoose.deleteModel(/.*/)
      const Item = mongoose.model('Item', new mongoose.Schema({ a: Number }, { bufferCommands: false }))
      await tried(Item.findOne({ a: 1 }))
      await mongoose.disconnect()
    },
  },
  mysql: {
    server: 'MARIADB',
    spans: ['CLIENT SELECT', 'CLIENT SELECT'],
    async use({ createConnection, createPool }) {
      const connection = createConnection(sql('MARIADB'))
      await called((done) => connection.query('SELECT 1', done))
      await called((done) => connection.end(done))
      const pool = createPool(sql('MARIADB'))
      await called((done) => pool.query('SELECT 2', done))
      await called((done) => pool.end(done))
    },
  },
  mysql2: {
    server: 'MARIADB',
    spans: ['CLIENT SELECT', 'CLIENT SELECT'],
    async use({ createConnection, createPool }) {
      const connection = createConnection(sql('MARIADB'))
      await called((done) => connection.query('SELECT 1', done))
      await called((done) => connection.end(done))
      const pool = createPool(sql('MARIADB'))
      await called((done) => pool.query('SELECT 2', done))
      await called((done) => pool.end(done))
    },
  },
  openai: {
    spans: ['CLIENT chat m'],
    async use(library) {
      const OpenAI = library.OpenAI ?? library
      const answer = {
        id: 'x',
        object: 'chat.completion',
        created: 1,
        model: 'm',
        choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hi' } }],
        usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
      }
      const client = new OpenAI({ apiKey: 'k', fetch: async () => Response.json(answer) })
      await client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'x' }] })
    },
  },
  pg: {
    server: 'POSTGRES',
    spans: ['CLIENT pg.connect', 'CLIENT SELECT', 'CLIENT pg-pool.connect', 'CLIENT pg.connect', 'CLIENT SELECT'],
    async use({ Client, Pool }) {
      const client = new Client(sql('POSTGRES'))
      await client.connect()
      await client.query('SELECT 1')
      await client.end()
      const pool = new Pool(sql('POSTGRES'))
      await pool.query('SELECT 2')
      await pool.end()
    },
  },
  'pg-pool': {
    server: 'POSTGRES',
    spans: ['CLIENT pg-pool.connect', 'CLIENT pg.connect', 'CLIENT SELECT'],
    forms: ['default'],
    async use(Pool) {
      const pool = new Pool(sql('POSTGRES'))
      await pool.query('SELECT 2')
      await pool.end()
    },
  },
  'node-cron': {
    spans: [],
    roots: ['INTERNAL node-cron sweep'],
    async use({ createTask }) {
      const task = createTask('0 0 1 1 *', function sweep() {})
      await task.execute()
      await task.destroy()
    },
  },
  'node:sqlite': {
    spans: ['CLIENT SELECT'],
    async use({ DatabaseSync }) {
      const db = new DatabaseSync(':memory:')
      db.prepare('SELECT 1').get()
      db.close()
    },
  },
  postgres: {
    server: 'POSTGRES',
    spans: ['CLIENT SELECT'],
    forms: ['default'],
    async use(postgres) {
      const connection = postgres({ ...sql('POSTGRES'), database: 'postgres' })
      await connection`SELECT 1`
      await connection.end()
    },
  },
  redis: {
    server: 'REDIS',
    spans: ['CLIENT redis-connect', 'CLIENT SET'],
    async use({ createClient }) {
      const client = createClient({ url: redisUrl() })
      await client.connect()
      await client.set('matrix', '1')
      await client.close()
    },
  },
  restify: {
    spans: ['INTERNAL request handler - /items/:id'],
    async use({ createServer: create }) {
      const server = create()
      server.get('/items/:id', function items(request, response, next) {
        response.send('ok')
        next()
      })
      await once(server.listen(0, '127.0.0.1'), 'listening')
      await got(server.address().port, '/items/1')
      await new Promise((resolve) => server.close(resolve))
    },
  },
  router: {
    spans: ['INTERNAL request handler - /items/:id'],
    forms: ['default'],
    async use(Router) {
      const router = new Router()
      router.get('/items/:id', function items(request, response) {
        response.end('ok')
      })
      await served(createServer((request, response) => router(request, response, () => response.end())))
    },
  },
  'socket.io': {
    spans: ['CONSUMER receive /', 'CONSUMER receive /'],
    async use({ Server }) {
      const server = createServer()
      const io = new Server(server)
      await once(server.listen(0, '127.0.0.1'), 'listening')
      const { io: connect } = installed('socket.io-client')
      const socket = connect(`http://127.0.0.1:${server.address().port}`, { transports: ['websocket'] })
      const heard = Promise.withResolvers()
      io.on('connection', (one) => one.on('matrix', (value, done) => done(value)))
      socket.emit('matrix', 1, heard.resolve)
      await heard.promise
      socket.close()
      await io.close()
    },
  },
  '@aws-sdk/client-s3': {
    spans: ['CLIENT S3/ListBuckets ERROR'],
    async use({ S3Client, ListBucketsCommand }) {
      const client = new S3Client({
        region: 'us-east-1',
        endpoint: 'http://127.0.0.1:9',
        maxAttempts: 1,
        credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      })
      await tried(client.send(new ListBucketsCommand({})))
    },
  },
}

/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-return, @typescript-eslint/await-thenable, @typescript-eslint/no-implied-eval -- two versions of Express, of which one has types */
import type { RequestListener } from 'node:http'

/** Express 4 or 5; what an app does with it is in plain JavaScript, so that one text is for both. */
export type Express = any

export interface Scenario {
  readonly app: (express: Express, isFive: boolean) => RequestListener
  readonly requests: readonly string[]
}

const next = (_request: any, _response: any, go: any): void => go()
const answer = (text: string) =>
  function answering(_request: any, response: any): void {
    response.send(text)
  }
const fail = (make: () => unknown) =>
  function failing(_request: any, _response: any, go: any): void {
    go(make())
  }

/** What apps are made of, and what is asked of them. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'middleware and routes': {
    app(express) {
      const app = express()
      app.use(express.json())
      app.use(function auth(_request: any, _response: any, go: any) {
        go()
      })
      app.use('/items', next)
      app.get('/', answer('root'))
      app.get('/items/:id', next, answer('item'))
      app.post('/items', answer('made'))
      app.get('/plain', answer('plain'))
      app.all('/any', answer('any'))
      return app
    },
    requests: [
      '/',
      '/?page=2',
      '/items/7',
      '/items/7?x=1',
      'POST /items',
      '/plain',
      'PUT /any',
      'HEAD /plain',
      '/nothing',
    ],
  },
  'nested routers': {
    app(express) {
      const app = express()
      const api = express.Router({ mergeParams: true })
      const users = express.Router()
      const empty = express.Router()
      users.use(function log(_request: any, _response: any, go: any) {
        go()
      })
      users.get('/', answer('users'))
      users.get('/:id', answer('user'))
      users.route('/:id/photos').get(next, answer('photos')).post(answer('photo'))
      api.use('/users', users)
      api.use('/empty', empty)
      api.get('/health', answer('well'))
      app.use('/api/:version', api)
      app.use('/bare', users)
      app.get('/api/v1/after', answer('after'))
      return app
    },
    requests: [
      '/api/v1/users',
      '/api/v1/users/7',
      '/api/v1/users/7/photos',
      'POST /api/v1/users/7/photos',
      '/api/v1/health',
      '/api/v1/empty',
      '/api/v1/after',
      '/bare/8',
      '/api/v1',
    ],
  },
  'lists of paths and handlers': {
    app(express) {
      const app = express()
      app.use([next, [next]])
      app.get(['/a', '/b/:id'], [next, next], answer('listed'))
      app.get(/^\/re(.*)/, answer('regular'))
      app.use(['/c', '/d'], next, answer('used'))
      return app
    },
    requests: ['/a', '/b/7', '/regex', '/c', '/d/e'],
  },
  'a route for everything': {
    app(express, isFive) {
      const app = express()
      app.get('/known', answer('known'))
      app.all(isFive ? '/{*rest}' : '*', answer('all'))
      return app
    },
    requests: ['/known', '/unknown', '/un/known/8', 'DELETE /'],
  },
  'mounted apps': {
    app(express) {
      const inner = express()
      inner.get('/:id', answer('inner'))
      const admin = express()
      admin.use(next)
      admin.get('/page', answer('page'))
      admin.use('/inner', inner)
      const app = express()
      app.use('/admin', admin)
      app.get('/last', answer('last'))
      return app
    },
    requests: ['/admin/page', '/admin/inner/7', '/admin/none', '/last'],
  },
  errors: {
    app(express) {
      const app = express()
      app.get(
        '/failed',
        fail(() => new Error('failed')),
      )
      app.get(
        '/text',
        fail(() => 'a text'),
      )
      app.get('/thrown', () => {
        throw new Error('thrown')
      })
      const router = express.Router()
      router.get(
        '/failed/:id',
        fail(() => new Error('inner')),
      )
      app.use('/in', router)
      app.get(
        '/skipped',
        fail(() => 'route'),
        answer('never'),
      )
      app.get('/skipped', answer('next route'))
      app.use((error: any, _request: any, _response: any, go: any) => go(error))
      app.use((error: any, _request: any, response: any, _next: any) => {
        response.status(500).send(String(error))
      })
      return app
    },
    requests: ['/failed', '/text', '/thrown', '/in/failed/7', '/skipped', '/none'],
  },
  'handlers that take their time': {
    app(express) {
      const app = express()
      app.use(async function later(_request: any, _response: any, go: any) {
        await null
        go()
      })
      app.use(function much(_request: any, _response: any, go: any) {
        setImmediate(go)
      })
      app.get('/items/:id', async (_request: any, response: any) => {
        await null
        response.send('late')
      })
      app.use(async function never(_request: any, response: any) {
        await null
        response.status(404).send('none')
      })
      return app
    },
    requests: ['/items/7', '/none'],
  },
}

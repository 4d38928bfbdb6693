// A file of its own in the build, loaded with the first package that is traced; see scripts/files-apart.ts. So nothing in it has
// state that the main file has, too: what it has to log is handed to it.
export { withExpressLayers } from './frameworks/express/layers.js'
export { guardWrapper } from './loading/guarded-calls.js'
export { guardedPackage } from './loading/guarded-package.js'
export { withGenericPoolCallers, withMysql2Callers, withRedisCallers } from './queued-calls.js'
export { withPgCallers } from './databases/pg.js'
export { withIoredisCommands } from './databases/ioredis.js'
export { withQueryErrors } from './databases/query-errors.js'
export { withMysqlPools } from './databases/mysql.js'
export { withConnectLayers } from './frameworks/connect.js'

import { createServer } from 'node:http'
import { withSpan } from 'spanwright'

const server = createServer((_request, response) => response.end(withSpan('price', () => '2.80')))
server.listen(process.env.PORT ?? 3001, () => console.log(`listening on ${server.address().port}`))
process.once('SIGTERM', () => server.close())

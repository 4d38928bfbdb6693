// The first of three services; NEXT_URL is the next one's: NEXT_URL=http://localhost:5000/ npm start, then curl localhost:3000
import { createServer } from 'node:http'

const next = process.env.NEXT_URL
const server = createServer(async (_request, response) => {
  const answer = next ? await (await fetch(next)).json() : undefined
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify({ service: 'node', next: answer }))
})
server.listen(process.env.PORT ?? 3000, () => console.log(`listening on ${server.address().port}`))
process.once('SIGTERM', () => server.close())

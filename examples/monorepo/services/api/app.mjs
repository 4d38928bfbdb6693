import { createServer } from 'node:http'

const prices = process.env.PRICES_URL ?? 'http://localhost:3001'
const server = createServer(async (request, response) => {
  const answer = await fetch(new URL(request.url, prices))
  response.end(`a loaf costs ${await answer.text()}`)
})
server.listen(process.env.PORT ?? 3000, () => console.log(`listening on ${server.address().port}`))
process.once('SIGTERM', () => server.close())

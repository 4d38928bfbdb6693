// A function of AWS Lambda, called here as its runtime would:  node middleware-lambda.mjs
import { startTracing, tracedLambda, withSpan } from 'spanwright'

startTracing({ serviceName: 'pets', traceExporter: 'console', instrumentations: [] })

export const handler = tracedLambda(async (event) => {
  const pet = await withSpan('find pet', async () => ({ id: event.pathParameters.id, name: 'Rex' }))
  return { statusCode: 200, body: JSON.stringify(pet) }
})

const request = {
  version: '2.0',
  routeKey: 'GET /pets/{id}',
  rawPath: '/pets/7',
  rawQueryString: '',
  pathParameters: { id: '7' },
  headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
  requestContext: { http: { method: 'GET', path: '/pets/7', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1' } },
}
console.log(await handler(request, { functionName: 'pets', awsRequestId: '1' }))

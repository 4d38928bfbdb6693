import { withSpan } from 'spanwright'

export async function GET(_request: Request, { params }: { params: Promise<{ id: string }> }): Promise<Response> {
  const { id } = await params
  const price = await withSpan('price', () => Number(id) * 0.4)
  return Response.json({ id, price })
}

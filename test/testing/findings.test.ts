import { afterEach, describe, expect, it } from 'vitest'
import { collectSpans } from '../../src/testing/collect-spans.js'
import { findings } from '../../src/testing/findings.js'
import { withDbSpan } from '../../src/spans/db-span.js'
import { withSpan } from '../../src/spans/with-span.js'

describe('findings', () => {
  let stop: (() => Promise<void>) | undefined
  afterEach(() => stop?.())

  const collected = (): ReturnType<typeof collectSpans> => {
    const spans = collectSpans()
    stop = () => spans.stop()
    return spans
  }
  const query = (statement: string): Promise<void> =>
    withDbSpan({ system: 'postgresql', statement, namespace: 'shop' }, () => Promise.resolve())

  it('says what is wrong with the spans of a test', async () => {
    const spans = collected()
    await withSpan('GET /orders', async () => {
      for (let sku = 0; sku < 6; sku++) await query(`SELECT name FROM product WHERE sku = ${sku}`)
    })
    expect(findings(spans)).toMatchObject([
      { id: 'n+1', count: 6, service: expect.any(String) as string, traceId: spans[0]?.spanContext().traceId },
    ])
  })

  it('names where an error began, and is empty for spans that are fine', async () => {
    const spans = collected()
    await withSpan('GET /fine', () => query('SELECT 1 FROM product'))
    expect(findings(spans)).toEqual([])
    const failing = withSpan('GET /orders', () =>
      withSpan('charge card', () => Promise.reject(new Error('card declined'))),
    )
    await expect(failing).rejects.toThrow('card declined')
    expect(findings(spans)).toMatchObject([{ id: 'error', level: 'error' }])
    expect(findings(spans)[0]?.sentence).toContain('card declined in')
  })

  it('takes a span whose parent has not ended as a root', async () => {
    const spans = collected()
    await withSpan('open', async () => {
      await query('SELECT 1 FROM product')
      expect(findings(spans)).toEqual([])
    })
  })
})

import type { JSX, TargetedPointerEvent } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { TraceAnalysis } from '../../analysis/trace-analysis.js'
import { colourIndex, readColour, readColours } from '../parts/colours.js'
import { setZoom, zoom } from '../state/open-trace.js'
import { theme } from '../state/theme.js'

const HEIGHT = 44

/** The whole trace at a glance. A drawn range is what the bars below show. */
export function Minimap({ trace }: { readonly trace: TraceAnalysis }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [width, setWidth] = useState(0)
  const [drag, setDrag] = useState<readonly [number, number]>()
  useEffect(() => {
    const element = canvas.current?.parentElement
    if (!element) return
    const observer = new ResizeObserver(() => {
      setWidth(element.clientWidth)
    })
    observer.observe(element)
    return () => {
      observer.disconnect()
    }
  }, [])
  const { value: themeName } = theme
  useEffect(() => {
    if (canvas.current && width > 0) draw(canvas.current, trace, width)
  }, [trace, width, themeName])
  const shareOf = (event: TargetedPointerEvent<HTMLDivElement>): number => {
    const box = event.currentTarget.getBoundingClientRect()
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1)
  }
  const whole = trace.durationMicros || 1
  const [from, to] = drag ? [Math.min(...drag), Math.max(...drag)] : (zoom.value ?? [0, whole]).map((at) => at / whole)
  return (
    <div
      class="minimap"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        setDrag([shareOf(event), shareOf(event)])
      }}
      onPointerMove={(event) => {
        if (drag) setDrag([drag[0], shareOf(event)])
      }}
      onPointerUp={() => {
        if (!drag) return
        setDrag(undefined)
        if (Math.abs(drag[1] - drag[0]) < 0.005) zoom.value = undefined
        else setZoom(whole, Math.min(...drag) * whole, Math.max(...drag) * whole)
      }}
      onPointerCancel={() => {
        setDrag(undefined)
      }}
    >
      <canvas ref={canvas} aria-hidden="true" style={{ width: `${width}px`, height: `${HEIGHT}px` }} />
      {(drag ?? zoom.value) && (
        <div class="brush" style={{ left: `${(from ?? 0) * 100}%`, width: `${((to ?? 1) - (from ?? 0)) * 100}%` }} />
      )}
    </div>
  )
}

function draw(canvas: HTMLCanvasElement, { nodes, durationMicros, criticalPath }: TraceAnalysis, width: number): void {
  const ratio = window.devicePixelRatio
  canvas.width = width * ratio
  canvas.height = HEIGHT * ratio
  const context = canvas.getContext('2d')
  if (!context) return
  context.scale(ratio, ratio)
  const colours = readColours()
  const failed = readColour('--error')
  const scale = width / (durationMicros || 1)
  const step = Math.min((HEIGHT - 6) / Math.max(nodes.length, 1), 5)
  const thick = Math.max(step * 0.7, 1)
  const indexes = new Map<string, number>()
  let drawn = -1
  nodes.forEach(({ span, startMicros, durationMicros: took }, index) => {
    const y = Math.round(index * step)
    const x = startMicros * scale
    const length = Math.max(took * scale, 1)
    const isFailed = span.status === 'error'
    // With thousands of spans many share a line of pixels: the first of each and every long or failed one is enough to see.
    if (step < 0.5 && y === drawn && length < 3 && !isFailed) return
    drawn = y
    const { service } = span.resource
    const colour = indexes.get(service) ?? colourIndex(service)
    indexes.set(service, colour)
    context.fillStyle = isFailed ? failed : (colours[colour] ?? failed)
    context.fillRect(x, y, length, thick)
  })
  context.fillStyle = readColour('--path')
  for (const { startMicros, endMicros } of criticalPath?.sections ?? []) {
    context.fillRect(startMicros * scale, HEIGHT - 4, Math.max((endMicros - startMicros) * scale, 1), 3)
  }
}

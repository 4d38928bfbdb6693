import * as dagre from '@dagrejs/dagre'
import type { ServiceMap } from '../../analysis/many/service-map.js'

export interface PlacedNode {
  readonly id: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface PlacedEdge {
  readonly from: string
  readonly to: string
  readonly points: readonly { readonly x: number; readonly y: number }[]
  readonly labelX: number
  readonly labelY: number
}

export interface Layout {
  readonly width: number
  readonly height: number
  readonly nodes: readonly PlacedNode[]
  readonly edges: readonly PlacedEdge[]
}

/** What of dagre is used here: its own types cannot be resolved as an ECMAScript module of Node.js. */
interface Dagre {
  readonly graphlib: { readonly Graph: new () => Graph }
  readonly layout: (graph: Graph) => void
}

interface Graph {
  setGraph(label: object): void
  setDefaultEdgeLabel(label: () => object): void
  setNode(id: string, label: { width: number; height: number }): void
  setEdge(from: string, to: string, label: object): void
  graph(): { readonly width?: number; readonly height?: number }
  nodes(): string[]
  node(id: string): Omit<PlacedNode, 'id'>
  edges(): { readonly v: string; readonly w: string }[]
  edge(from: string, to: string): { readonly points: PlacedEdge['points']; readonly x?: number; readonly y?: number }
}

const { graphlib, layout } = dagre as unknown as Dagre

/** From left to right, callers before those they call. A file of its own: only the map needs it. */
export function layoutOf({ nodes, edges }: ServiceMap, labelOf: (edge: ServiceMap['edges'][number]) => string): Layout {
  const graph = new graphlib.Graph()
  graph.setGraph({ rankdir: 'LR', nodesep: 28, ranksep: 60, edgesep: 16, marginx: 12, marginy: 12 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id, name } of nodes) graph.setNode(id, { width: Math.max(name.length * 7.5 + 44, 90), height: 44 })
  for (const edge of edges) {
    graph.setEdge(edge.from, edge.to, { width: labelOf(edge).length * 6.5 + 8, height: 16, labelpos: 'c' })
  }
  layout(graph)
  const { width = 0, height = 0 } = graph.graph()
  return {
    width,
    height,
    nodes: graph.nodes().map((id) => ({ ...graph.node(id), id })),
    edges: graph.edges().map(({ v, w }) => {
      const placed = graph.edge(v, w)
      return { from: v, to: w, points: placed.points, labelX: placed.x ?? 0, labelY: placed.y ?? 0 }
    }),
  }
}

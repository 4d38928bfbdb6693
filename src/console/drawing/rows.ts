import type { TreeNode } from '../tree/tree-node.js'

export interface Row {
  readonly node: TreeNode
  /** Tree lines before the name, and before the lines beneath it. */
  readonly lead: string
  readonly beneath: string
}

export function rowsOf(roots: readonly TreeNode[], deepestIndent: number): Row[] {
  const rows: Row[] = []
  const stack = roots.toReversed().map((node) => ({ node, lead: '', indent: '', level: 0 }))
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { node, lead, indent, level } = next
    rows.push({ node, lead, beneath: `${indent}${node.children.length > 0 ? '│ ' : '  '}` })
    for (const [fromEnd, child] of node.children.toReversed().entries()) {
      const branch = fromEnd === 0 ? '└ ' : '├ '
      const inner = indent + (fromEnd === 0 ? '  ' : '│ ')
      // Past the deepest indentation the level is written as a number, so that names keep their room.
      if (level < deepestIndent) stack.push({ node: child, lead: indent + branch, indent: inner, level: level + 1 })
      else stack.push({ node: child, lead: `${indent}${branch.trim()}${level + 1} `, indent, level: level + 1 })
    }
  }
  return rows
}

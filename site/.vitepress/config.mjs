// The pages of the repository as a site: README.md, docs/, deploy/, and those for contributors. `npm run site` in the root builds it.
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitepress'
import { slugify } from './slugify.mjs'

const PAGES = join(import.meta.dirname, '../pages')

const pages = (folder, names) => Object.entries(names).map(([file, text]) => ({ text, link: `/docs/${folder}${file}` }))

/** A folder's README.md is its index, for pages and for links. The API has pages of its own here, instead of the snapshot. */
const asIndex = (path) =>
  path.replace(/^(\.\.\/)*api-snapshot\.api\.md$/, '/api/index.md').replace(/(^|\/)README\.md(?=#|$)/, '$1index.md')

/** A site can't list the files of an example: its package.json says what it starts with, and the shop has a page. */
function inFolder(href, page) {
  if (page !== 'examples/index.md' || !/^[\w-]+$/.test(href)) return href
  return `${href}/${href === 'shop' ? 'README.md' : 'package.json'}`
}

const SIDEBAR = [
  {
    text: 'Getting started',
    items: pages('getting-started/', {
      '': 'First trace',
      frameworks: 'Frameworks',
      typescript: 'TypeScript',
      functions: 'Functions',
      'workers-and-jobs': 'Workers, queues, jobs',
      containers: 'Containers',
      'monorepos-and-bundlers': 'Monorepos and bundlers',
    }),
  },
  { text: 'Concepts', link: '/docs/concepts' },
  {
    text: 'How to',
    items: [
      ...pages('how-to/', {
        '': 'All tasks',
        'own-spans': 'Spans of your own',
        sampling: 'Sampling',
        'users-headers-and-baggage': 'Users, headers, baggage',
        testing: 'Test your spans',
        backends: 'Send to a backend',
        'noise-and-cost': 'Noise and cost',
      }),
      ...pages('', { logs: 'Logs', metrics: 'Metrics', security: 'Security and privacy' }),
      ...pages('propagation/', { context: 'Lost context', messaging: 'Messages' }),
    ],
  },
  ...pages('', {
    'finding-problems': 'Finding problems',
    production: 'Production',
    troubleshooting: 'Troubleshooting',
  }),
  {
    text: 'Reference',
    items: [
      ...pages('reference/', { '': 'Overview', options: 'Options', errors: 'Errors' }),
      ...pages('', {
        configuration: 'Configuration',
        instrumentation: 'Instrumentation',
        middleware: 'Middleware',
        delivery: 'Delivery, ledger',
        doctor: 'Doctor',
        viewer: 'Viewer',
        backends: 'Backends',
        collector: 'Collector',
        scaling: 'Scaling',
        bundling: 'Bundling',
      }),
      { text: 'API', link: '/api/' },
      { text: 'Set-ups and dashboards', link: '/deploy/' },
    ],
  },
  {
    text: 'Samplers',
    items: pages('sampling/', {
      'error-biased': 'Error-biased',
      probability: 'Probability',
      'rate-limiting': 'Rate limiting',
      dynamic: 'Dynamic',
      'rule-based': 'Rule-based',
      'parent-based': 'Parent-based',
      'any-of': 'Any of',
      remote: 'Remote',
      always: 'Always',
      weights: 'Weights',
    }),
  },
  {
    text: 'Migration',
    items: pages('migration/', {
      '': 'Overview',
      opentelemetry: 'OpenTelemetry JS',
      vendors: 'dd-trace, Sentry, Elastic, Jaeger',
    }),
  },
  {
    text: 'Project',
    items: [
      ...pages('', { architecture: 'Architecture', rationale: 'Rationale' }),
      { text: 'Contributing', link: '/CONTRIBUTING' },
      { text: 'Changes', link: '/CHANGELOG' },
    ],
  },
]

export default defineConfig({
  title: 'spanwright',
  description: 'Drop-in tracing for Node.js on OpenTelemetry',
  lang: 'en',
  srcDir: './pages',
  srcExclude: ['docs/api-snapshot.api.md'],
  outDir: './dist',
  cacheDir: './cache',
  rewrites: asIndex,
  cleanUrls: false,
  // Files of examples and deploy are copied as they are.
  ignoreDeadLinks: [/^https?:\/\/localhost/],
  markdown: {
    anchor: { slugify },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config(md) {
      // Formulas, which scroll on small screens, and so have to be reached by keyboard.
      md.renderer.rules.code_block = (tokens, index) =>
        `<pre v-pre tabindex="0"><code>${md.utils.escapeHtml(tokens[index].content)}</code></pre>\n`
      md.core.ruler.push('empty-headers', ({ tokens }) => {
        // A column without a name is none for screen readers either.
        for (const [index, { type, content }] of tokens.entries()) {
          if (type !== 'inline' || content !== '' || tokens[index - 1].type !== 'th_open') continue
          for (const cell of [tokens[index - 1], tokens[index + 1]]) cell.tag = 'td'
        }
      })
      md.core.ruler.push('readme', ({ tokens, env }) => {
        for (const link of tokens.flatMap(({ children }) => children ?? [])) {
          const href = link.type === 'link_open' ? link.attrGet('href') : null
          if (href !== null) link.attrSet('href', asIndex(inFolder(href, env.relativePath)))
        }
      })
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'Getting started', link: '/docs/getting-started/' },
      { text: 'How to', link: '/docs/how-to/' },
      { text: 'Reference', link: '/docs/reference/' },
    ],
    sidebar: SIDEBAR,
    outline: [2, 3],
  },
  transformPageData(page) {
    // Its table needs the room.
    if (page.relativePath === 'docs/reference/options.md') page.frontmatter.aside = false
  },
  buildEnd({ outDir }) {
    for (const folder of ['examples', 'deploy']) {
      cpSync(join(PAGES, folder), join(outDir, folder), {
        recursive: true,
        filter: (path) => !path.endsWith('.md'),
      })
    }
  },
})

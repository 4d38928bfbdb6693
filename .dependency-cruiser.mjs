// The dependency rules between the folders of src/: index → start-tracing → config → features → internal, and between
// index and features what is made of several. See docs/architecture.md for the picture.
const FEATURES = '^src/(tracer|context|spans|sampling|export|propagation|instrumentation|testing|logs|metrics)/'
const COMPOSITIONS = '^src/(messaging|middleware|serverless)/'

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'features-never-import-each-other',
      comment: 'What two features share moves to internal/.',
      severity: 'error',
      from: { path: FEATURES },
      to: { path: FEATURES, pathNot: '^src/$1/' },
    },
    {
      name: 'features-know-nothing-above-them',
      severity: 'error',
      from: { path: FEATURES },
      to: { path: ['^src/(config/|cli/|index|start-tracing|node-sdk|tracing|register)', COMPOSITIONS] },
    },
    {
      name: 'compositions-stand-apart',
      comment:
        'A function that is invoked by HTTP is a server as those of middleware/ are: serverless/ takes its server spans.',
      severity: 'error',
      from: { path: ['^src/(messaging|middleware)/', '^src/(config/|start-tracing|node-sdk|tracing)'] },
      to: { path: COMPOSITIONS, pathNot: '^src/$1/' },
    },
    {
      name: 'serverless-takes-server-spans-only',
      severity: 'error',
      from: { path: '^src/serverless/' },
      to: { path: COMPOSITIONS, pathNot: '^src/(serverless/|middleware/(server-span/|options))' },
    },
    {
      name: 'console-draws-what-it-is-given',
      comment: 'The terminal is below export/, which writes to it, and below whatever else shows spans.',
      severity: 'error',
      from: { path: '^src/console/' },
      to: { path: '^src/', pathNot: '^src/(console|internal)/' },
    },
    {
      name: 'viewer-is-loaded-by-the-command-alone',
      severity: 'error',
      comment: 'Except for what a test asks of it, from a file apart.',
      from: { path: '^src/', pathNot: ['^src/(viewer|cli/view)/', '^src/testing/findings\\.ts$'] },
      to: { path: '^src/viewer/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'internal-knows-nobody',
      severity: 'error',
      from: { path: '^src/internal/' },
      to: { path: '^src/', pathNot: '^src/internal/' },
    },
    {
      name: 'config-does-not-start',
      severity: 'error',
      from: { path: '^src/config/' },
      to: { path: '^src/(cli/|index|start-tracing|register)' },
    },
    {
      name: 'the-command-stands-apart',
      comment: 'What the command has in an app is a file of its own, loaded when the command asks for it.',
      severity: 'error',
      from: { path: '^src/(index|start-tracing|register)' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'one-file-knows-the-node-sdk',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/node-sdk\\.ts$' },
      to: { path: '@opentelemetry/sdk-node', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'src-uses-runtime-dependencies-only',
      comment:
        "Except what is put into the build: OpenTelemetry's packages, and those of the viewer's page and of the file that checks patterns.",
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(viewer/page/|internal/privacy/pattern-(check|needs)\\.ts)' },
      to: {
        pathNot: '^node_modules/@opentelemetry/',
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['npm', 'npm-peer', 'type-only'],
      },
    },
    {
      name: 'the-page-runs-in-a-browser',
      comment: 'It shares with the server what is pure, and types.',
      severity: 'error',
      from: { path: '^src/viewer/page/' },
      to: {
        path: '^src/',
        pathNot: '^src/viewer/(page|analysis|query|rows|copy|model)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'nobody-imports-the-page',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/viewer/page/' },
      to: { path: '^src/viewer/page/' },
    },
    { name: 'nothing-is-missing', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}

import js from '@eslint/js'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

const ENV_MESSAGE =
  'Only src/internal/runtime/env.ts reads process.env: an empty variable counts as unset, for all of them.'
const TIME_MESSAGE =
  'Only src/internal/runtime/clock.ts reads the time: features take a Clock, so that tests can advance it.'
const RANDOM_MESSAGE = 'Decisions are deterministic in the trace id; where randomness is needed it is injected.'

export default defineConfig(
  // An example in TypeScript is a project of its own, with its own settings.
  {
    ignores: [
      'dist/',
      'coverage/',
      'node_modules/',
      'docs/api/',
      'examples/*/**/*.{ts,tsx}',
      'site/{cache,dist,pages}/',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // A type argument used once can still be what a caller reads (withSpan<T>).
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'max-lines': ['warn', { max: 400, skipComments: true, skipBlankLines: true }],
    },
  },
  {
    files: ['src/**/*.ts', 'src/**/*.tsx'],
    rules: {
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: ENV_MESSAGE },
        { object: 'Date', property: 'now', message: TIME_MESSAGE },
        { object: 'performance', property: 'now', message: TIME_MESSAGE },
        { object: 'Math', property: 'random', message: RANDOM_MESSAGE },
      ],
    },
  },
  {
    files: ['src/internal/runtime/env.ts', 'src/internal/runtime/clock.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  { files: ['test/**'], rules: { 'max-lines': 'off' } },
  { files: ['src/register.ts'], rules: { 'no-console': 'off' } },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'fetch',
          'setTimeout',
          'setImmediate',
          'clearTimeout',
          'performance',
          'URL',
          'Buffer',
          'AbortController',
          'setInterval',
          'clearInterval',
          'AbortSignal',
          'Response',
          'Request',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs', globals: { require: 'readonly', module: 'writable' } },
  },
)

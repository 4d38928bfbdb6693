/* What few apps name: the build makes a file of it, which is loaded once one of them is wanted. */

export { datadogPropagator } from './datadog-propagator.js'
export { jaegerPropagator } from './jaeger-propagator.js'

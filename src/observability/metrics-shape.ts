import { FAMILIES } from './families.ts'
import type { MetricsSnapshot } from './worker-metrics.ts'

type Check = (value: unknown) => boolean

const isNumber: Check = (value) => Number.isFinite(value)
const isNumberOrNull: Check = (value) => value === null || isNumber(value)
const isText: Check = (value) => typeof value === 'string'
const isListOf = (item: Check) => (value: unknown) => Array.isArray(value) && value.every(item)
const isObjectOf = (fields: Readonly<Record<string, Check>>) => (value: unknown) =>
  typeof value === 'object' && value !== null && Object.entries(fields).every(([name, fits]) => fits(Reflect.get(value, name)))

/** Of as many buckets as are added up here. */
const isHistogram = ({ buckets }: { readonly buckets: readonly number[] }) =>
  isObjectOf({ counts: (value) => isListOf(isNumber)(value) && (value as unknown[]).length === buckets.length + 1, sum: isNumber })

const shape: Readonly<Record<keyof MetricsSnapshot, Check>> = {
  requests: isListOf(
    isObjectOf({
      listener: isText,
      route: isText,
      counts: (value) => isListOf(isNumber)(value) && (value as unknown[]).length % 3 === 0,
      duration: isHistogram(FAMILIES.requestDuration),
      allowed: isNumber,
      denied: isNumber,
    }),
  ),
  upstreams: isListOf(
    isObjectOf({
      upstream: isText,
      duration: isHistogram(FAMILIES.upstreamDuration),
      errors: isListOf(isNumber),
      retries: isNumber,
      health: isListOf(isObjectOf({ target: isText, healthy: (value) => typeof value === 'boolean', at: isNumber })),
    }),
  ),
  connections: isListOf(isObjectOf({ listener: isText, opened: isNumber, closed: isNumber })),
  refusedConnections: isListOf(isObjectOf({ listener: isText, reason: isText, count: isNumber })),
  shedRequests: isNumber,
  handshakes: isListOf(isObjectOf({ result: isText, version: isText, count: isNumber })),
  refusals: isListOf(isObjectOf({ reason: isText, count: isNumber })),
  clientAuthFailures: isListOf(isObjectOf({ reason: isText, count: isNumber })),
  certificateLife: isHistogram(FAMILIES.certificateLife),
  strippedHeaders: isNumber,
  accessLogDropped: isNumber,
  process: isObjectOf({
    cpuSeconds: isNumber,
    residentBytes: isNumber,
    heapBytes: isNumber,
    openFds: isNumberOrNull,
    maxFds: isNumberOrNull,
    lagSeconds: isNumber,
  }),
}

/**
 * Whether all of it can be added up to what others measured, and written out. The same code sends it, except where another release was
 * installed before the worker was started; what does not fit must not be taken in, as every later answer would fail with it.
 */
export const isMetricsSnapshot = isObjectOf(shape) as (values: unknown) => values is MetricsSnapshot

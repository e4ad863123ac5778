import { type FromWorker, MAX_SIGHTINGS, type ToWorker } from './messages.ts'

type Fields = Readonly<Record<string, unknown>>
type Check = (value: unknown) => boolean

const isString: Check = (value) => typeof value === 'string'
const isCount: Check = (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
const isBoolean: Check = (value) => typeof value === 'boolean'
const isAnything: Check = () => true

const isMapOf = (key: Check, value: Check) => (candidate: unknown) => {
  if (!(candidate instanceof Map)) return false
  for (const [each, held] of candidate) if (!key(each) || !value(held)) return false
  return true
}

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

const isShape = (fields: Readonly<Record<string, Check>>) => (value: unknown) =>
  isObject(value) && Object.entries(fields).every(([name, check]) => Object.hasOwn(value, name) && check(value[name]))

/** Only the frame: control made it of what it read from the store. */
const isDelta = isShape({ epoch: isString, follows: isCount, version: isCount, changes: Array.isArray })

const isFingerprint: Check = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
const isSeen: Check = (value) => value instanceof Map && value.size <= MAX_SIGHTINGS && isMapOf(isFingerprint, isCount)(value)

/** base64 of any certificate that fits a handshake. */
const MAX_CERTIFICATE = 1 << 17
const isCertificate: Check = (value) => typeof value === 'string' && value.length <= MAX_CERTIFICATE

const isStringOrNull: Check = (value) => value === null || typeof value === 'string'

/** Only the frame of a snapshot: control built it from checked parts, and a worker compiles it whole before using any. */
const isSnapshot = isShape({
  number: isCount,
  settings: isObject,
  mapping: (value) => value === null || isObject(value),
  users: (value) => value === null || Array.isArray(value),
  listeners: isMapOf(isString, isObject),
  upstreams: isMapOf(isString, isObject),
})

const isQuestion = isShape({
  source: (value) => value === 'ocsp' || value === 'crl',
  subject: isString,
  issuer: isString,
  url: isStringOrNull,
})

const isStatus = isShape({
  key: isString,
  status: (value) => value === 'good' || value === 'revoked' || value === 'unknown',
  until: (value) => typeof value === 'number',
  refreshAt: (value) => typeof value === 'number',
  detail: isString,
})

type Shape<T> = { readonly [K in Exclude<keyof T, 'kind'>]-?: Check }
type Shapes<Union extends { readonly kind: string }> = {
  readonly [K in Union['kind']]: Shape<Extract<Union, { readonly kind: K }>>
}

const toWorker: Shapes<ToWorker> = {
  prepare: { snapshot: isSnapshot, openings: isMapOf(isString, isString) },
  commit: { snapshot: isCount },
  listen: { listener: isString, opening: isString },
  ticket_keys: { keys: isMapOf(isString, (value) => value instanceof Uint8Array && value.length === 48) },
  workers: { count: isCount },
  leased: { listener: isString, address: isStringOrNull, granted: isCount },
  reopen_logs: {},
  metrics: { id: isCount, scrape: isBoolean },
  status: { id: isCount },
  statuses: { number: isCount, statuses: (value) => Array.isArray(value) && value.every(isStatus) },
  drain: { deadline: isCount },
  registry_base: {
    id: isCount,
    file: isString,
    epoch: isString,
    version: isCount,
    bytes: (value) => value === null || value instanceof Uint8Array,
  },
  registry_delta: { id: isCount, delta: isDelta },
  registry_stale: { id: isCount, stale: (value) => typeof value === 'boolean' },
}

const fromWorker: Shapes<FromWorker> = {
  ready: {},
  prepared: { snapshot: isCount },
  applied: { snapshot: isCount },
  rejected: { snapshot: isCount, message: isString },
  listening: { listener: isString, opening: isString },
  listen_failed: { listener: isString, opening: isString, code: isString, message: isString },
  lease: { listener: isString, address: isStringOrNull },
  lease_return: { listener: isString, address: isStringOrNull, amount: isCount },
  metrics: { id: isCount, values: isAnything },
  status: { id: isCount, open: isCount },
  registry: { id: isCount, epoch: isString, version: isCount, gap: isStringOrNull },
  seen: { seen: isSeen },
  renewal: { certificate: isCertificate },
  status_wanted: { question: isQuestion },
  statuses_taken: { number: isCount },
}

function matches(value: unknown, shapes: Readonly<Record<string, Readonly<Record<string, Check>>>>): boolean {
  if (!isObject(value) || typeof value.kind !== 'string' || !Object.hasOwn(shapes, value.kind)) return false
  const shape = shapes[value.kind]
  return shape !== undefined && isShape(shape)(value)
}

/** The message if it is one that control sends, else null: the worker then drops it and says so. */
export function readToWorker(value: unknown): ToWorker | null {
  return matches(value, toWorker) ? (value as ToWorker) : null
}

/** The message if it is one that a worker sends, else null: control then replaces that worker. */
export function readFromWorker(value: unknown): FromWorker | null {
  return matches(value, fromWorker) ? (value as FromWorker) : null
}

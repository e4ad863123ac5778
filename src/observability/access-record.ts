import type { Reason } from '../policy/types.ts'
import { flat, jsonString, jsonStringOrNull } from './json-text.ts'
import type { AccessRecord, RepeatedText } from './types.ts'

/** `000` to `999`, with what follows the digits in a line: a table look-up instead of padding. */
const DIGITS = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, '0'))
const MILLISECONDS = DIGITS.map((digits) => `${digits}Z","request_id":`)
const MICROSECONDS = DIGITS.map((digits) => `.${digits}}\n`)

/** Distinct routes and upstreams come from the configuration; the bound is for reloads that keep renaming them. */
const CACHED = 4096

/** By route, then reason. */
type VerdictTexts = Map<string | null, Map<Reason | null, string>>

/**
 * Serialises records to JSON lines, each ending in a newline, with exactly the fields of the design in its order.
 * Written by hand because this runs once per request: what repeats (the second, host, route, upstream) is kept as
 * ready-made text, and only what came from the client is escaped anew.
 */
export class AccessSerializer {
  #second = -1
  #secondText = ''
  #method: string | null = null
  #methodText = ''
  #host: string | null = null
  #hostText = ''
  readonly #allowed: VerdictTexts = new Map()
  readonly #denied: VerdictTexts = new Map()
  readonly #upstreams = new Map<string | null, string>()

  line(record: AccessRecord): string {
    const kept = record.reason === null ? record.repeated : undefined
    return (
      this.#stamp(record.time) +
      (kept === undefined ? this.#rest(record, this.#middle(record)) : this.#repeatedRest(record, kept)) +
      milliseconds(record.durationMs)
    )
  }

  /** From the request id to the duration's name. */
  #rest(record: AccessRecord, middle: string): string {
    return (
      jsonString(record.requestId) +
      middle +
      record.status +
      this.#upstream(record.upstream) +
      record.bytesIn +
      ',"bytes_out":' +
      record.bytesOut +
      ',"duration_ms":'
    )
  }

  /** The same, from what is kept: all of it where the numbers and the id are those of the last line too. */
  #repeatedRest(record: AccessRecord, kept: RepeatedText): string {
    const { requestId, status, upstream, bytesIn, bytesOut } = record
    if (kept.middle === '') kept.middle = flat(this.#middle(record))
    const same =
      requestId === kept.requestId &&
      status === kept.status &&
      upstream === kept.upstream &&
      bytesIn === kept.bytesIn &&
      bytesOut === kept.bytesOut
    if (same) {
      if (kept.line === '') kept.line = flat(this.#rest(record, kept.middle))
      return kept.line
    }
    kept.line = ''
    kept.requestId = requestId
    kept.status = status
    kept.upstream = upstream
    kept.bytesIn = bytesIn
    kept.bytesOut = bytesOut
    return this.#rest(record, kept.middle)
  }

  /** From the listener to the verdict: all that is the same when a client asks the same again. */
  #middle(record: AccessRecord): string {
    return (
      ',' +
      record.connection +
      this.#methodPart(record.method) +
      this.#hostPart(record.host) +
      jsonPath(record.path) +
      ',' +
      record.subject +
      this.#verdict(record)
    )
  }

  /** `{"time":"2026-01-02T03:04:05.678Z","request_id":`, the part down to the second computed once per second. */
  #stamp(time: number): string {
    const second = Math.floor(time / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#secondText = flat(`{"time":"${new Date(second * 1000).toISOString().slice(0, 20)}`)
    }
    return this.#secondText + MILLISECONDS[Math.floor(time - second * 1000)]
  }

  #methodPart(method: string): string {
    if (method !== this.#method) {
      this.#method = method
      this.#methodText = `,"method":${jsonString(method)}`
    }
    return this.#methodText
  }

  #hostPart(host: string): string {
    if (host !== this.#host) {
      this.#host = host
      this.#hostText = `,"host":${jsonString(host)},"path":`
    }
    return this.#hostText
  }

  #verdict(record: AccessRecord): string {
    const byRoute = record.decision === 'allow' ? this.#allowed : this.#denied
    return byRoute.get(record.route)?.get(record.reason) ?? newVerdict(byRoute, record)
  }

  #upstream(name: string | null): string {
    const known = this.#upstreams.get(name)
    if (known !== undefined) return known
    const text = flat(`,"upstream":${jsonStringOrNull(name)},"bytes_in":`)
    if (this.#upstreams.size >= CACHED) this.#upstreams.clear()
    this.#upstreams.set(name, text)
    return text
  }
}

/** Plain text without `?`. */
const NOT_PLAIN_PATH = /[^ !#->@-[\]-~]/

function jsonPath(path: string): string {
  return NOT_PLAIN_PATH.test(path) ? jsonString(path.split('?', 1)[0] as string) : `"${path}"`
}

function newVerdict(byRoute: VerdictTexts, record: AccessRecord): string {
  const { route, decision, reason } = record
  const text = flat(`,"route":${jsonStringOrNull(route)},"decision":"${decision}","reason":${jsonStringOrNull(reason)},"status":`)
  if (byRoute.size >= CACHED) byRoute.clear()
  const byReason = byRoute.get(route) ?? new Map<Reason | null, string>()
  byRoute.set(route, byReason.set(reason, text))
  return text
}

/** Milliseconds with three decimals, and the end of the line. What is no duration (a clock set back) reads as 0. */
function milliseconds(duration: number): string {
  const micros = duration > 0 && duration < Number.MAX_SAFE_INTEGER / 1000 ? Math.round(duration * 1000) : 0
  const whole = Math.floor(micros / 1000)
  return whole + (MICROSECONDS[micros - whole * 1000] as string)
}

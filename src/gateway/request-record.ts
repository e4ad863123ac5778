import { performance } from 'node:perf_hooks'
import { NO_SUBJECT } from '../observability/access-fragments.ts'
import type { AccessRecord, ConnectionFragment, RepeatedText, SubjectFragment } from '../observability/types.ts'
import type { Reason } from '../policy/types.ts'

/** What is known so far of the request under way; one per connection, reused, and read by the access log when it is over. */
export class RequestRecord implements AccessRecord {
  time = 0
  readonly connection: ConnectionFragment
  method = ''
  host = ''
  path = ''
  subject: SubjectFragment = NO_SUBJECT
  route: string | null = null
  decision: 'allow' | 'deny' = 'deny'
  reason: Reason | null = null
  status = 0
  upstream: string | null = null
  bytesIn = 0
  bytesOut = 0
  durationMs = 0
  /** Between a request's head and its log line. */
  open = false
  startedAt = 0

  constructor(connection: ConnectionFragment) {
    this.connection = connection
  }

  #requestId = ''
  #idBytes: Buffer | null = null
  #idStart = 0
  #idEnd = 0

  get requestId(): string {
    if (this.#idBytes !== null) this.requestId = this.#idBytes.latin1Slice(this.#idStart, this.#idEnd)
    return this.#requestId
  }

  set requestId(id: string) {
    this.#requestId = id
    this.#idBytes = null
  }

  /** Where the client's own request id stands: made into text only if somebody asks. */
  requestIdIn(bytes: Buffer, start: number, end: number): void {
    this.#idBytes = bytes
    this.#idStart = start
    this.#idEnd = end
  }

  /** Lets go of the client's bytes. */
  close(): void {
    this.open = false
    this.#idBytes = null
  }

  /** Undefined for a request that says something new. */
  repeated: RepeatedText | undefined = undefined
  readonly #kept: RepeatedText = { middle: '', line: '', requestId: '', status: 0, upstream: null, bytesIn: 0, bytesOut: 0 }

  /** A permitted request that says the same as the last one, which was permitted too. */
  repeat(bytesIn: number): void {
    this.open = true
    this.repeated = this.#kept
    this.startedAt = performance.now()
    this.reason = this.upstream = null
    this.status = this.bytesOut = 0
    this.bytesIn = bytesIn
  }

  begin(method: string): void {
    this.open = true
    this.repeated = undefined
    this.#kept.middle = this.#kept.line = ''
    this.startedAt = performance.now()
    this.method = method
    this.requestId = this.host = this.path = ''
    this.subject = NO_SUBJECT
    this.route = this.reason = this.upstream = null
    this.decision = 'deny'
    this.status = this.bytesIn = this.bytesOut = 0
  }
}

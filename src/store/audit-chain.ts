import { createHash } from 'node:crypto'
import { canonicalJson, type Json } from './canonical-json.ts'

/** What the first entry names as the hash before it, and the head of an empty log. */
export const GENESIS = '0'.repeat(64)

/** One line of the audit log as it is hashed. */
export interface AuditBody {
  /** 1, 2, 3 and so on, without a gap. */
  readonly sequence: number
  /** Milliseconds since the epoch, by the clock of this machine; the order is that of `sequence`. */
  readonly at: number
  readonly actor: {
    readonly name: string
    readonly fingerprint: string | null
    readonly remote: string | null
    /** Absent where nobody told. */
    readonly os_user?: string
  }
  /** `certificate.add`, `token.use`, `mapping.edit`: a thing and what happened to it. */
  readonly action: string
  /** Fingerprint, identifier or path of the thing; null: there is none. */
  readonly target: string | null
  readonly outcome: 'done' | 'refused'
  readonly details: { readonly [key: string]: Json }
  /** Hash of the entry before. */
  readonly previous: string
}

export interface AuditEntry extends AuditBody {
  /** SHA-256 of the canonical JSON (RFC 8785) of all the other fields, lower-case hex. */
  readonly hash: string
}

/** What is hashed of an entry, and kept. */
export function bodyText(body: AuditBody): string {
  return canonicalJson(body as unknown as Json)
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

export type ChainVerdict =
  | { readonly ok: true; readonly entries: number; readonly head: string }
  /** `sequence`: of the first entry that is not as it was written, or that is missing. */
  | { readonly ok: false; readonly sequence: number; readonly problem: string }

/** Follows a chain from its first entry, or from wherever an export begins. */
export class ChainVerifier {
  #next: number
  #previous: string | null
  #entries = 0
  #expected: string | null
  #problem: (ChainVerdict & { ok: false }) | null = null

  /** `expectedHead`: a head written down earlier, which the chain must contain; that is how a tail cut off is noticed. */
  constructor(options: { readonly expectedHead?: string; readonly from?: 'genesis' | 'anywhere' } = {}) {
    const anywhere = options.from === 'anywhere'
    this.#next = anywhere ? 0 : 1
    this.#previous = anywhere ? null : GENESIS
    this.#expected = options.expectedHead?.toLowerCase() ?? null
    if (this.#expected === this.#previous) this.#expected = null
  }

  /** False once something is wrong: the rest says nothing any more. */
  accept(text: string, hash: string): boolean {
    const problem = this.#check(text, hash)
    if (problem !== null) {
      this.#problem = { ok: false, sequence: this.#next, problem }
      return false
    }
    if (hash === this.#expected) this.#expected = null
    this.#previous = hash
    this.#next++
    this.#entries++
    return true
  }

  verdict(): ChainVerdict {
    if (this.#problem !== null) return this.#problem
    if (this.#expected !== null) {
      return {
        ok: false,
        sequence: this.#next,
        problem: `the log ends here without the head ${this.#expected}: entries after it were cut off, or all of it replaced`,
      }
    }
    return { ok: true, entries: this.#entries, head: this.#previous ?? GENESIS }
  }

  #check(text: string, hash: string): string | null {
    const body = parsed(text)
    if (body === null) return 'it is not canonical JSON'
    if (this.#previous === null) {
      this.#next = typeof body.sequence === 'number' ? body.sequence : 0
      this.#previous = body.previous
      if (this.#expected === this.#previous) this.#expected = null
    }
    if (body.sequence !== this.#next) return `entry ${this.#next} is missing: ${String(body.sequence)} stands in its place`
    if (body.previous !== this.#previous) return 'it does not follow the entry before: that one was replaced, or this one'
    if (hashOf(text) !== hash) return 'it was changed: its hash is that of something else'
    return null
  }
}

/** One line of an export, cut as text: reading it as JSON would let two spellings pass for one. */
const LINE = /^(\{.*),"hash":"([0-9a-f]{64})"\}$/s

/** Verifies lines that `AuditLog.export` wrote, anywhere, without the store. */
export async function verifyExport(lines: Iterable<string> | AsyncIterable<string>, expectedHead?: string): Promise<ChainVerdict> {
  const chain = new ChainVerifier({ from: 'anywhere', ...(expectedHead !== undefined && { expectedHead }) })
  for await (const line of lines) {
    if (line.trim() === '') continue
    const [, body = '', hash = ''] = LINE.exec(line.trimEnd()) ?? []
    if (!chain.accept(`${body}}`, hash)) break
  }
  return chain.verdict()
}

function parsed(text: string): AuditBody | null {
  try {
    const body = JSON.parse(text) as AuditBody
    return bodyText(body) === text ? body : null
  } catch {
    return null
  }
}

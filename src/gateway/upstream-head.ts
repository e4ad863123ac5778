import type { RequestHead } from '../http1/request-head.ts'

/**
 * The head that goes upstream: the client's own bytes without the ranges that were cut. `target` replaces the request line where
 * it has to differ from what was received (canonical path, absolute form, HTTP/1.0).
 */
export function forwardedHead(bytes: Buffer, head: RequestHead, method: string, target: string | null): string {
  if (target === null && head.minor !== 0) return withoutCuts(bytes, head.methodStart, head)
  return requestLine(bytes, head, method, target) + withoutCuts(bytes, head.fieldsStart, head)
}

/** Its first line alone, with CRLF. */
export function requestLine(bytes: Buffer, head: RequestHead, method: string, target: string | null): string {
  if (target === null && head.minor !== 0) return bytes.latin1Slice(head.methodStart, head.fieldsStart)
  return `${method} ${target ?? bytes.latin1Slice(head.targetStart, head.targetEnd)} HTTP/1.1\r\n`
}

/**
 * The forwarded fields of a head that varies in its first line alone, and ours behind them, made once. One per client connection: the
 * numbers of remembered heads are its own, and another snapshot's are new ones.
 */
export class RepeatedFields {
  #memo = 0
  #ours = ''
  #text = ''

  /** In one piece; only of a head whose `fieldsMemo` is not 0, from which nothing more was cut. */
  of(bytes: Buffer, head: RequestHead, ours: string): string {
    if (head.fieldsMemo !== this.#memo || ours !== this.#ours) {
      this.#text = Buffer.from(withoutCuts(bytes, head.fieldsStart, head) + ours, 'latin1').latin1Slice()
      this.#memo = head.fieldsMemo
      this.#ours = ours
    }
    return this.#text
  }
}

/** From `from` to the blank line, which is left out. */
function withoutCuts(bytes: Buffer, start: number, head: RequestHead): string {
  let from = start
  let text = ''
  const { ranges: cuts, length } = head.cuts
  for (let k = 0; k < length; k += 2) {
    if (cuts[k] > from) text += bytes.latin1Slice(from, cuts[k])
    from = cuts[k + 1]
  }
  const end = head.end - 2
  return from < end ? text + bytes.latin1Slice(from, end) : text
}

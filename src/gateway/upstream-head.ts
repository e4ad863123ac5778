import type { RequestHead } from '../http1/request-head.ts'

/**
 * The head that goes upstream: the client's own bytes without the ranges that were cut. `target` replaces the request line where
 * it has to differ from what was received (canonical path, absolute form, HTTP/1.0).
 */
export function forwardedHead(bytes: Buffer, head: RequestHead, method: string, target: string | null): string {
  let from = head.methodStart
  let text = ''
  if (target !== null || head.minor === 0) {
    text = `${method} ${target ?? bytes.latin1Slice(head.targetStart, head.targetEnd)} HTTP/1.1\r\n`
    from = head.fieldsStart
  }
  const { ranges: cuts, length } = head.cuts
  for (let k = 0; k < length; k += 2) {
    if (cuts[k] > from) text += bytes.latin1Slice(from, cuts[k])
    from = cuts[k + 1]
  }
  const end = head.end - 2
  return from < end ? text + bytes.latin1Slice(from, end) : text
}

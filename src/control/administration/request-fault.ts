import type { IncomingMessage } from 'node:http'
import { hostName } from '../../gateway/client-head.ts'
import type { Reason } from '../../policy/types.ts'
import { isPath } from './http.ts'

/** Why a request cannot be read as its client meant it, of which Node lets more pass than is safe; null where it can. */
export function requestFault({ url = '', httpVersion, headersDistinct }: IncomingMessage): Reason | null {
  const { host = [], expect, 'transfer-encoding': codings } = headersDistinct
  const [authority] = host
  // Node would join them (RFC 9112 section 3.2).
  if (host.length > 1 || (authority === undefined ? httpVersion !== '1.0' : hostName(authority) === null)) return 'malformed_request'
  if (!httpVersion.startsWith('1.')) return 'malformed_request'
  // Node takes the chunks apart, and leaves the body as any other coding made it (RFC 9112 section 6.1).
  if (codings !== undefined && codings.join().toLowerCase() !== 'chunked') return 'malformed_request'
  if (!isPath(url)) return 'malformed_path'
  return expect === undefined || expect.join().toLowerCase() === '100-continue' ? null : 'expectation_failed'
}

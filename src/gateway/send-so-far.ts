import { chunkOf, lastChunk } from '../http1/chunk-encoding.ts'
import type { UpstreamConnection } from '../upstream/connection.ts'

/**
 * Sends a request as far as it is there: the text of its head, what came of its body, and, where it is chunked and `complete`, its end.
 * False: wait until the upstream takes more.
 */
export function sendSoFar(
  upstream: UpstreamConnection,
  text: string,
  body: Buffer | null,
  chunked: boolean,
  complete: boolean,
  trailers: string,
): boolean {
  if (!chunked) return upstream.sendHead(text, body)
  let free = upstream.sendHead(text, null)
  if (body !== null) free = upstream.sendBytes(chunkOf(body))
  if (complete) free = upstream.sendText(lastChunk(trailers))
  return free
}

import type { UpstreamConnection } from '../upstream/connection.ts'

/** RFC 9110 9.2.2, and the registered methods that are safe. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE', 'QUERY', 'PROPFIND', 'REPORT', 'SEARCH'])

/**
 * Whether a request on a connection that broke may be sent again (RFC 9110 9.2.2): the upstream cannot have acted on it, or may act
 * twice. A reused connection that closes before any byte of the response is the usual race with its keep-alive timeout.
 */
export function mayHaveMissed(connection: UpstreamConnection, method: string): boolean {
  return connection.requests > 0 && !connection.answered && IDEMPOTENT.has(method)
}

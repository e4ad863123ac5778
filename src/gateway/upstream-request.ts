import { cutLines } from '../http1/field-lines.ts'
import { upgradeProtocol } from './asked.ts'
import type { CurrentRequest } from './current-request.ts'
import type { ForwardRequest } from './forward-request.ts'
import type { Principal } from './principal.ts'
import type { RouteRuntime } from './runtime.ts'
import { forwardedHead, requestLine } from './upstream-head.ts'

/** A permitted request as its upstream gets it. */
export interface UpstreamRequest {
  readonly request: ForwardRequest
  /** Its head, but for the request id's line where that is ours, and the blank line. */
  readonly lines: string
  /** The same head on the same certificate and snapshot gives the same: nothing else had a say. */
  readonly repeatable: boolean
}

/** What goes upstream of the request under way; null where more has to be removed from its head than there is room for. */
export function upstreamRequest(current: CurrentRequest, principal: Principal, consumedAuthorization: boolean): UpstreamRequest | null {
  const { asked, record, runtime, recognition, addressee, repeatedFields } = current
  const { bytes } = asked
  const route = current.route as RouteRuntime
  if (!strip(current, route, consumedAuthorization)) return null
  const { head } = asked
  const upgrade = upgradeProtocol(asked, route.route.settings.upgrade)
  const alone = head.hasUnexpectedBody(bytes)
  const connectionLines = alone ? 'Connection: close\r\n' : upgrade === '' ? '' : `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`
  const ours = recognition.headerLines(runtime, principal, addressee.host, bytes, head)
  return {
    request: { route, runtime, method: record.method, chunked: head.chunked, upgrade, oldClient: head.minor === 0, alone },
    lines:
      head.fieldsMemo === 0
        ? `${forwardedHead(bytes, head, record.method, asked.target)}${ours}${connectionLines}`
        : `${requestLine(bytes, head, record.method, asked.target)}${repeatedFields.of(bytes, head, ours)}${connectionLines}`,
    // A head that something was cut from, or with a `Connection` list, is none that is remembered.
    repeatable: head.memo !== 0 && !runtime.authenticator.perRequest,
  }
}

/** Removes what this route's upstream may not see; false where there is no room to. */
function strip({ asked, services }: CurrentRequest, { strips }: RouteRuntime, consumedAuthorization: boolean): boolean {
  if (strips !== null) {
    const stripped = cutLines(asked.bytes, asked.headToCut(), strips)
    if (stripped < 0) return false
    services.metrics.strippedHeaders(stripped)
  }
  const { authorizationLine, authorizationLineEnd } = asked.head
  return !consumedAuthorization || authorizationLine < 0 || asked.headToCut().cuts.add([[authorizationLine, authorizationLineEnd]])
}

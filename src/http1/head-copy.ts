import { RequestHead } from './request-head.ts'

/** A head of its own with the same results, and as much room for cuts as any: for what is awaited or cut from. */
export function copyHead(head: RequestHead): RequestHead {
  return copyInto(new RequestHead(), head)
}

/** The same to look at alone, in as little memory as it takes. */
export function compactCopy(head: RequestHead): RequestHead {
  return copyInto(new RequestHead(head.cuts.length / 2), head)
}

function copyInto(copy: RequestHead, head: RequestHead): RequestHead {
  copy.fieldsStart = head.fieldsStart
  copy.methodStart = head.methodStart
  copy.methodEnd = head.methodEnd
  copy.targetStart = head.targetStart
  copy.targetEnd = head.targetEnd
  copy.minor = head.minor
  takeFields(copy, head)
  return copy
}

/** Gives `into` the results of another head's fields, which are the same bytes behind a first line of perhaps another length. */
export function takeFields(into: RequestHead, other: RequestHead): void {
  const by = into.fieldsStart - other.fieldsStart
  into.end = other.end + by
  into.contentLength = other.contentLength
  into.chunked = other.chunked
  into.hostStart = other.hostStart + by
  into.hostEnd = other.hostEnd + by
  into.close = other.close
  into.connectionOptions = other.connectionOptions
  into.upgradeStart = moved(other.upgradeStart, by)
  into.upgradeEnd = other.upgradeEnd + by
  into.upgradeRequested = other.upgradeRequested
  into.expectContinue = other.expectContinue
  into.authorizationLine = moved(other.authorizationLine, by)
  into.authorizationLineEnd = other.authorizationLineEnd + by
  into.authorizationStart = moved(other.authorizationStart, by)
  into.authorizationEnd = other.authorizationEnd + by
  into.requestIdLine = moved(other.requestIdLine, by)
  into.requestIdLineEnd = other.requestIdLineEnd + by
  into.requestIdStart = moved(other.requestIdStart, by)
  into.requestIdEnd = other.requestIdEnd + by
  into.originStart = moved(other.originStart, by)
  into.originEnd = other.originEnd + by
  into.secFetchSiteStart = moved(other.secFetchSiteStart, by)
  into.secFetchSiteEnd = other.secFetchSiteEnd + by
  into.stripped = other.stripped
  into.cuts.copyFrom(other.cuts, by)
}

/** An offset behind a first line of another length; -1 stays absent. */
function moved(offset: number, by: number): number {
  return offset < 0 ? offset : offset + by
}

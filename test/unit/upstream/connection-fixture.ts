import { clock } from '../../../src/http1/clock.ts'
import { responseHead } from '../../../src/upstream/connection.ts'
import type { ResponseHandler } from '../../../src/upstream/types.ts'
import { type FakeUpstream, fakeUpstream } from '../../support/fake-home.ts'

// Whole milliseconds: what is added and compared stays exact.
clock.now = Math.ceil(clock.now)

export interface Heard {
  readonly handler: ResponseHandler
  /** Every byte handed on, in order. */
  bytes: string
  readonly events: string[]
  finished: boolean
}

/** A client that takes everything, and gives the connection back as soon as the response is finished. */
export function listener(upstream: FakeUpstream, requestSent = true): Heard {
  const copy = (bytes: Buffer, start = 0, end = bytes.length): void => {
    heard.bytes += bytes.latin1Slice(start, end)
  }
  const finish = (finished: boolean): void => {
    if (!finished) return
    heard.finished = true
    upstream.connection.release(requestSent)
  }
  const heard: Heard = {
    bytes: '',
    events: [],
    finished: false,
    handler: {
      onInformational(bytes, start, end) {
        heard.events.push(String(responseHead.status))
        copy(bytes, start, end)
      },
      onSwitched(bytes, start, end, rest) {
        heard.events.push('101')
        copy(bytes, start, end)
        copy(rest)
      },
      onResponse(bytes, start, bodyEnd, finished) {
        heard.events.push(String(responseHead.status))
        copy(bytes, start, bodyEnd)
        finish(finished)
      },
      onResponseBody(bytes, _shared, finished) {
        copy(bytes)
        finish(finished)
      },
      onTunnelBytes: (bytes) => copy(bytes),
      onTunnelEnd: () => heard.events.push('tunnel end'),
      onWritable: () => heard.events.push('writable'),
      onFailed: (failure, detail) => heard.events.push(`${failure}: ${detail}`),
    },
  }
  return heard
}

export function begun(given: { head?: boolean; dechunk?: boolean; sent?: boolean } = {}) {
  const upstream = fakeUpstream()
  const heard = listener(upstream, given.sent)
  upstream.connection.begin(heard.handler, given.head === true, given.dechunk === true)
  return { ...upstream, heard }
}

export const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

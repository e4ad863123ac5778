import { performance } from 'node:perf_hooks'
import { chunkOf, lastChunk } from '../http1/chunk-encoding.ts'
import { deadlineIn } from '../http1/clock.ts'
import { Permit } from '../policy/decide.ts'
import { responseHead, type UpstreamConnection } from '../upstream/connection.ts'
import type { ResponseHandler, UpstreamFailure } from '../upstream/types.ts'
import type { HttpConnection } from './exchange.ts'
import type { ForwardingOwner, ForwardRequest } from './forward-request.ts'
import { HeldBody } from './held-body.ts'
import { mayHaveMissed } from './retry.ts'
import { endsByClosing, goesAsItCame, returnedHead, rewrittenResponse } from './returned-head.ts'
import { sendSoFar } from './send-so-far.ts'
import { TunnelEnds } from './tunnel-ends.ts'

/** Carries one permitted request to its upstream and the response back. One per client connection, reused. */
export class Forwarding implements ResponseHandler {
  readonly #client: HttpConnection
  readonly #owner: ForwardingOwner
  #request: ForwardRequest | null = null
  #text = ''
  #upstream: UpstreamConnection | null = null
  #startedAt = 0
  #connectDeadline = 0
  #deadline = Number.POSITIVE_INFINITY
  /** The request has been passed on to its last byte. */
  #sent = false
  readonly #held = new HeldBody()
  #attempts = 0
  #retried = false
  /** A first write is under way: what it sets free is looked at when it returns. */
  #attempting = false
  #target: string | null = null
  /** A final response head has gone to the client. */
  responded = false
  #switched = false
  readonly #ends = new TunnelEnds()
  #closeAfter = false
  #trailers = ''
  /** Body and head bytes passed on, for the access log. */
  bytesOut = 0
  #status = 0

  constructor(client: HttpConnection, owner: ForwardingOwner) {
    this.#client = client
    this.#owner = owner
  }

  get active(): boolean {
    return this.#request !== null
  }

  /** The target used last, for the log. */
  get target(): string | null {
    return this.#target
  }

  get status(): number {
    return this.#status
  }

  /**
   * Forwards what was permitted. `text` is its whole head, with the blank line, `body` what came with it, `complete` whether that is all
   * of it; `startedAt` in performance.now() milliseconds.
   * Throws without a genuine Permit: nothing undecided leaves.
   */
  start(permit: Permit, request: ForwardRequest, text: string, body: Buffer | null, complete: boolean, startedAt: number): void {
    if (!Permit.is(permit) || permit.route !== request.route.route) throw new TypeError('nothing is forwarded without its permit')
    this.#request = request
    this.#text = text
    this.#startedAt = startedAt
    this.#sent = complete
    this.#attempts = this.bytesOut = this.#status = 0
    this.#retried = this.responded = this.#switched = this.#closeAfter = false
    this.#ends.reset(request.runtime.upstreamIdle)
    this.#trailers = ''
    this.#held.begin(body)
    this.#attempt(false)
  }

  /** More of the request body. */
  body(bytes: Buffer): void {
    const request = this.#request
    if (request === null || this.#upstream === null) return
    this.#held.add(bytes)
    const free = request.chunked ? this.#upstream.sendBytes(chunkOf(bytes)) : this.#upstream.sendBytes(bytes)
    if (!free) this.#client.pause()
  }

  /** The request body is complete; trailers that may pass go with it. */
  bodyEnd(trailers: readonly string[]): void {
    const request = this.#request
    if (request === null || this.#upstream === null) return
    this.#sent = true
    if (request.chunked) {
      for (const line of trailers) if (!this.#owner.isReserved(line.slice(0, line.indexOf(':')))) this.#trailers += `${line}\r\n`
      this.#upstream.sendText(lastChunk(this.#trailers))
    }
    if (!this.responded) this.#deadline = deadlineIn(request.runtime.upstreamFirstByte)
  }

  /** Both ends have left HTTP. */
  get tunnelling(): boolean {
    return this.#switched
  }

  tunnelBytes(bytes: Buffer): void {
    this.#ends.moves()
    if (this.#upstream?.sendBytes(bytes) === false) this.#client.pause()
  }

  tunnelEnd(): void {
    if (this.#ends.clientCloses()) this.#finish(true)
    else this.#upstream?.endSending()
  }

  /** What was queued for the client has left. */
  clientDrained(): void {
    if (this.#upstream?.paused) {
      this.#deadline = deadlineIn(this.#request?.runtime.upstreamIdle ?? 0)
      this.#ends.moves()
      this.#upstream.resume()
    }
  }

  /** The client is gone or was answered otherwise: the upstream connection is not used again. */
  abandon(): void {
    this.#upstream?.destroy()
    this.#clear()
  }

  sweep(now: number): void {
    const upstream = this.#upstream
    if (upstream === null) return
    if (this.#switched) {
      if (this.#ends.isOver(now)) this.#finish(true)
    } else if (upstream.connecting) {
      if (now > this.#connectDeadline) this.#giveUp('connect', 'the connection was not made in time')
    } else if (now > this.#deadline && !upstream.paused) {
      this.#giveUp('timeout', this.responded ? 'the response stopped' : 'no response in time')
    } else if (!this.#sent && upstream.stalledFor(now) > (this.#request?.runtime.upstreamIdle || Number.POSITIVE_INFINITY)) {
      this.#giveUp('timeout', 'the upstream does not take the request body')
    }
  }

  // From the upstream

  onInformational(bytes: Buffer, start: number): void {
    const request = this.#request as ForwardRequest
    if (request.oldClient) return
    this.#deadline = this.#sent ? deadlineIn(request.runtime.upstreamFirstByte) : Number.POSITIVE_INFINITY
    this.#client.send(Buffer.from(returnedHead(bytes, start, responseHead, true, ''), 'latin1'), false)
  }

  onSwitched(bytes: Buffer, start: number, _end: number, rest: Buffer): void {
    const request = this.#request as ForwardRequest
    const answered =
      responseHead.upgradeStart < 0 ? '' : bytes.latin1Slice(responseHead.upgradeStart, responseHead.upgradeEnd).toLowerCase()
    if (request.upgrade === '' || answered !== request.upgrade || !this.#sent) {
      this.#giveUp('protocol', 'the upstream switched protocols unasked')
      return
    }
    this.responded = this.#switched = true
    this.#status = 101
    this.#send(
      Buffer.from(returnedHead(bytes, start, responseHead, true, `Connection: Upgrade\r\nUpgrade: ${request.upgrade}\r\n`), 'latin1'),
      false,
    )
    this.#client.startTunnel()
    if (rest.length > 0) this.#send(rest, false)
  }

  onResponse(bytes: Buffer, start: number, bodyEnd: number, finished: boolean, shared: boolean): void {
    const request = this.#request as ForwardRequest
    const head = responseHead
    this.responded = true
    this.#status = head.status
    this.#held.drop()
    this.#deadline = deadlineIn(request.runtime.upstreamIdle)
    const close = this.#client.closing || endsByClosing(request, head) || (finished && !this.#sent)
    this.#closeAfter = close
    const varies = request.runtime.headers.rewritesVary
    if (goesAsItCame(head, close, varies)) {
      this.#send(start === 0 && bodyEnd === bytes.length ? bytes : bytes.subarray(start, bodyEnd), shared)
    } else {
      const rewritten = rewrittenResponse(bytes, start, bodyEnd, head, { close, dechunk: request.oldClient, varies })
      if (rewritten === null) {
        this.responded = false
        this.#giveUp('protocol', 'malformed Connection, or too many hop-by-hop fields, in the response')
        return
      }
      this.#send(rewritten, false)
    }
    if (finished) this.#finish(close)
    else this.#throttle()
  }

  onResponseBody(bytes: Buffer, shared: boolean, finished: boolean): void {
    this.#deadline = deadlineIn((this.#request as ForwardRequest).runtime.upstreamIdle)
    if (bytes.length > 0) this.#send(bytes, shared)
    if (finished) this.#finish(this.#closeAfter)
    else this.#throttle()
  }

  onTunnelBytes(bytes: Buffer, shared: boolean): void {
    this.#ends.moves()
    this.#send(bytes, shared)
    this.#throttle()
  }

  onTunnelEnd(): void {
    if (this.#ends.upstreamCloses()) this.#finish(true)
    else this.#client.endTunnel()
  }

  onWritable(): void {
    if (this.#request !== null && !this.#attempting) this.#client.resume()
  }

  onFailed(failure: UpstreamFailure, detail: string): void {
    const upstream = this.#upstream as UpstreamConnection
    const request = this.#request as ForwardRequest
    request.route.upstreamMeter.error(failure)
    if (this.responded) {
      this.#clear()
      this.#owner.onBroken(this.#status, failure, detail)
      return
    }
    if (this.#mayRetry(upstream, request, failure)) {
      request.route.upstreamMeter.retry()
      this.#attempt(failure === 'broken')
      return
    }
    this.#clear()
    this.#owner.onUpstreamFailed(failure, detail)
  }

  // Inside

  #attempt(fresh: boolean): void {
    const request = this.#request as ForwardRequest
    const { runtime, route } = request
    this.#attempts++
    const upstream = route.upstream.acquire(fresh)
    this.#upstream = upstream
    this.#target = upstream.target
    upstream.begin(this, request.method === 'HEAD', request.oldClient)
    this.#connectDeadline = upstream.connecting ? deadlineIn(runtime.upstreamConnect) : 0
    this.#deadline = this.#sent ? deadlineIn(runtime.upstreamFirstByte) : Number.POSITIVE_INFINITY
    this.#attempting = true
    const free = sendSoFar(upstream, this.#text, this.#held.bytes(), request.chunked, this.#sent, this.#trailers)
    this.#attempting = false
    if (free) this.#client.resume()
    else if (!this.#sent) this.#client.pause()
  }

  #mayRetry(upstream: UpstreamConnection, request: ForwardRequest, failure: UpstreamFailure): boolean {
    if (!this.#held.whole) return false
    if (failure === 'connect') return this.#attempts < request.route.upstream.targetCount
    if (failure !== 'broken' || this.#retried || !mayHaveMissed(upstream, request.method)) return false
    this.#retried = true
    return true
  }

  #send(bytes: Buffer, shared: boolean): void {
    this.bytesOut += bytes.length
    this.#client.send(bytes, shared)
  }

  #throttle(): void {
    // The read buffer is shared: while a write is in flight, whatever is read would have to be copied.
    if (this.#client.queued > 0) this.#upstream?.pause()
  }

  /** Time is over, or the upstream broke the protocol: its connection goes, and the client hears 502, 504 or a cut response. */
  #giveUp(failure: UpstreamFailure, detail: string): void {
    this.#upstream?.expire()
    this.onFailed(failure, detail)
  }

  #finish(close: boolean): void {
    const request = this.#request as ForwardRequest
    const upstream = this.#upstream as UpstreamConnection
    const now = performance.now()
    request.route.upstreamMeter.observe(now - this.#startedAt)
    const status = this.#status
    const sent = this.#sent
    if (this.#switched) upstream.destroy()
    else upstream.release(sent && !request.alone)
    this.#clear()
    this.#owner.onForwarded(status, close || !sent, now)
  }

  #clear(): void {
    this.#request = this.#upstream = null
    this.#text = ''
    this.#deadline = Number.POSITIVE_INFINITY
    this.#held.drop()
  }
}

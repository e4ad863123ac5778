import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import type { Received } from './bulk-upstream.ts'
import { Dechunker, StreamCheck, writeStream } from './byte-stream.ts'
import type { Gateway } from './gateway.ts'
import type { Lifetime } from './lifetime.ts'

interface Options {
  readonly chunked?: boolean
}

/** A client for bodies of any size; one connection, one request after the other. */
export interface BulkClient {
  readonly socket: TLSSocket
  /** Sends so much of the stream, and resolves with what the upstream says it received. */
  upload(bytes: number, options?: Options): Promise<Received>
  /** Fetches so much of the stream, and resolves with what came. */
  download(bytes: number, options?: Options): Promise<StreamCheck>
}

/** Connects as alice. */
export async function connectBulk(t: Lifetime, { port, authority, alice }: Gateway): Promise<BulkClient> {
  const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: authority.certificate, cert: alice.chain, key: alice.key })
  t.after(() => socket.destroy())
  await once(socket, 'secureConnect')
  return {
    socket,
    upload: async (bytes, { chunked = false } = {}) => {
      const answer = read(socket)
      const framing = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes}`
      socket.write(`POST /upload HTTP/1.1\r\nHost: localhost\r\n${framing}\r\n\r\n`)
      await Promise.race([writeStream(socket, bytes, chunked), answer])
      const { body } = await answer
      return JSON.parse(body) as Received
    },
    download: async (bytes, { chunked = false } = {}) => {
      const answer = read(socket)
      socket.write(`GET /download?bytes=${bytes}${chunked ? '&chunked=1' : ''} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      return (await answer).check
    },
  }
}

interface Read {
  readonly check: StreamCheck
  /** The first 64 KiB of it. */
  readonly body: string
}

/** Reads one response with a body; rejects unless it is a 200 that ends as it says. */
function read(socket: TLSSocket): Promise<Read> {
  const { promise, resolve, reject } = Promise.withResolvers<Read>()
  const check = new StreamCheck()
  let head = ''
  let kept = ''
  let length = -1
  const dechunker = new Dechunker(take)
  let chunked: boolean | null = null
  function take(bytes: Buffer): void {
    check.push(bytes)
    if (kept.length < 65_536) kept += bytes.toString('latin1')
  }
  function onHead(text: string): void {
    if (!text.startsWith('HTTP/1.1 200 ')) throw new Error(`answered ${text}`)
    chunked = /^transfer-encoding: *chunked/im.test(text)
    length = Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? -1)
    if (!chunked && length < 0) throw new Error(`the answer has no length: ${text}`)
  }
  function onData(bytes: Buffer): void {
    let rest = bytes
    if (chunked === null) {
      head += bytes.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      rest = bytes.subarray(bytes.length - (head.length - end - 4))
      onHead(head.slice(0, end))
    }
    if (chunked) dechunker.push(rest)
    else take(rest)
    if (chunked ? dechunker.ended : check.bytes >= length) done(() => resolve({ check, body: kept }))
  }
  const guarded = (bytes: Buffer) => {
    try {
      onData(bytes)
    } catch (error) {
      done(() => reject(error))
    }
  }
  const onClose = () => done(() => reject(new Error(`the connection was closed after ${check.bytes} bytes`)))
  const onError = (error: Error) => done(() => reject(error))
  function done(settle: () => void): void {
    socket.off('data', guarded).off('close', onClose).off('error', onError)
    settle()
  }
  socket.on('data', guarded).on('close', onClose).on('error', onError)
  return promise
}

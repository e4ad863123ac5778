import { type ConnectionOptions, connect } from 'node:tls'
import { askOverRawTls } from './raw-tls.ts'

/** A certificate to show, and how. */
export interface Shown {
  readonly port: number
  /** PEM: the leaf, then what is sent behind it. */
  readonly chain: readonly string[]
  /** PEM. */
  readonly key: string
  readonly version: 'TLSv1.2' | 'TLSv1.3'
}

export interface Answer {
  /** 0: the connection ended without an answer. */
  readonly status: number
  readonly body: string
  /** Why there was none. */
  readonly error: string
}

const TIMEOUT = 10_000

/**
 * Sends one request over a connection of its own with this certificate. One that this client's OpenSSL will not load is sent by a TLS
 * client of our own, which does not look at it.
 */
export async function askWith(shown: Shown, path: string): Promise<Answer> {
  const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`
  const options: ConnectionOptions = {
    host: '127.0.0.1',
    port: shown.port,
    servername: 'localhost',
    rejectUnauthorized: false,
    cert: shown.chain.join('\n'),
    key: shown.key,
    ciphers: 'DEFAULT:@SECLEVEL=0',
    minVersion: shown.version,
    maxVersion: shown.version,
  }
  let socket: ReturnType<typeof connect>
  try {
    socket = connect(options)
  } catch (error) {
    if (shown.version === 'TLSv1.2') throw error
    const { text, alert } = await askOverRawTls(
      { port: shown.port, servername: 'localhost', chain: shown.chain.map(der), key: shown.key },
      request,
    )
    return answer(text, alert === null ? '' : `alert ${alert}`)
  }
  return await new Promise<Answer>((resolve) => {
    let text = ''
    let error = ''
    socket.setTimeout(TIMEOUT, () => {
      error = 'timeout'
      socket.destroy()
    })
    socket.on('secureConnect', () => socket.write(request))
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
    })
    socket.on('error', (reason: NodeJS.ErrnoException) => {
      error = reason.code ?? reason.message
    })
    socket.on('close', () => resolve(answer(text, error)))
  })
}

function answer(text: string, error: string): Answer {
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), body: text.slice(text.indexOf('\r\n\r\n') + 4), error }
}

/** Bytes behind the first PEM header, however broken what is in them. */
export function der(pem: string): Buffer {
  return Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
}

/** Runs `work` over all items, a few at a time. */
export async function inParallel<Item>(items: readonly Item[], atOnce: number, work: (item: Item) => Promise<void>): Promise<void> {
  const queue = [...items]
  const run = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, run))
}

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/**
 * Just enough of TLS 1.3 (RFC 8446) to send any bytes as a client certificate: OpenSSL will not load some that an attacker would send.
 * One suite (AES-128-GCM, SHA-256), one group (X25519), ECDSA P-256 keys; the server's certificate is not looked at.
 */
export interface RawTlsOptions {
  readonly port: number
  readonly servername: string
  /** DER, the leaf first. */
  readonly chain: readonly Buffer[]
  /** PEM of an EC P-256 key. */
  readonly key: string
}

/** What came back: application bytes, or why there were none. */
export interface RawTlsAnswer {
  readonly text: string
  /** Alert description of the server, if it sent one; 0 is close_notify. */
  readonly alert: number | null
}

const CHANGE_CIPHER_SPEC = 20
const ALERT = 21
const HANDSHAKE = 22
const APPLICATION_DATA = 23
const SERVER_HELLO = 2
const CERTIFICATE = 11
const CERTIFICATE_REQUEST = 13
const CERTIFICATE_VERIFY = 15
const FINISHED = 20
const MAX_RECORD = 16384

/** Connects, shows the certificate, sends `request`, and reads until the server ends the connection. */
export async function askOverRawTls(options: RawTlsOptions, request: string): Promise<RawTlsAnswer> {
  const socket = connect({ host: '127.0.0.1', port: options.port })
  try {
    await once(socket, 'connect')
    return await new RawTls(socket, options).ask(request)
  } finally {
    socket.destroy()
  }
}

class RawTls {
  readonly #socket: Socket
  readonly #options: RawTlsOptions
  readonly #records: AsyncGenerator<{ type: number; bytes: Buffer }>
  #transcript: Buffer = Buffer.alloc(0)
  #read: RecordKeys | null = null
  #write: RecordKeys | null = null
  #handshake: Buffer = Buffer.alloc(0)
  #alert: number | null = null

  constructor(socket: Socket, options: RawTlsOptions) {
    this.#socket = socket
    this.#options = options
    this.#records = readRecords(socket)
  }

  async ask(request: string): Promise<RawTlsAnswer> {
    const { privateKey, publicKey } = generateKeyPairSync('x25519')
    this.#sendHandshake(clientHello(this.options.servername, publicKey))
    const hello = await this.#message()
    if (hello?.[0] !== SERVER_HELLO) return { text: '', alert: this.#alert }
    const shared = diffieHellman({ privateKey, publicKey: serverShare(hello) })
    const handshakeSecret = extract(expand(extract(Buffer.alloc(32), Buffer.alloc(32)), 'derived', hash('')), shared)
    const clientSecret = expand(handshakeSecret, 'c hs traffic', this.#digest())
    const serverSecret = expand(handshakeSecret, 's hs traffic', this.#digest())
    this.#read = new RecordKeys(serverSecret)
    if (!(await this.#serverFlight())) return { text: '', alert: this.#alert }
    const master = extract(expand(handshakeSecret, 'derived', hash('')), Buffer.alloc(32))
    const clientTraffic = expand(master, 'c ap traffic', this.#digest())
    const serverTraffic = expand(master, 's ap traffic', this.#digest())
    this.#write = new RecordKeys(clientSecret)
    this.#clientFlight(clientSecret)
    this.#read = new RecordKeys(serverTraffic)
    this.#write = new RecordKeys(clientTraffic)
    this.#send(APPLICATION_DATA, Buffer.from(request, 'latin1'))
    return this.#answer()
  }

  private get options(): RawTlsOptions {
    return this.#options
  }

  /** Up to the server's Finished; false where it ended before, or did not ask for a certificate. */
  async #serverFlight(): Promise<boolean> {
    let asked = false
    for (;;) {
      const message = await this.#message()
      if (message === null) return false
      if (message[0] === CERTIFICATE_REQUEST) asked = true
      if (message[0] === FINISHED) return asked
    }
  }

  #clientFlight(secret: Buffer): void {
    const list = Buffer.concat(this.#options.chain.map((der) => Buffer.concat([vector(3, der), vector(2, Buffer.alloc(0))])))
    this.#sendHandshake(message(CERTIFICATE, Buffer.concat([vector(1, Buffer.alloc(0)), vector(3, list)])))
    const signed = Buffer.concat([Buffer.from(' '.repeat(64)), Buffer.from('TLS 1.3, client CertificateVerify\0'), this.#digest()])
    const signature = sign('sha256', signed, createPrivateKey(this.#options.key))
    this.#sendHandshake(message(CERTIFICATE_VERIFY, Buffer.concat([Buffer.from([4, 3]), vector(2, signature)])))
    const finishedKey = expand(secret, 'finished', Buffer.alloc(0))
    this.#sendHandshake(message(FINISHED, createHmac('sha256', finishedKey).update(this.#digest()).digest()))
  }

  async #answer(): Promise<RawTlsAnswer> {
    let text = ''
    for (;;) {
      const record = await this.#record()
      if (record === null) return { text, alert: this.#alert }
      if (record.type === APPLICATION_DATA) text += record.bytes.toString('latin1')
    }
  }

  #sendHandshake(bytes: Buffer): void {
    this.#transcript = Buffer.concat([this.#transcript, bytes])
    this.#send(HANDSHAKE, bytes)
  }

  #send(type: number, bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += MAX_RECORD) {
      const part = bytes.subarray(at, at + MAX_RECORD)
      if (this.#write === null) this.#socket.write(Buffer.concat([header(type, part.length), part]))
      else this.#socket.write(this.#write.seal(type, part))
    }
  }

  /** The next handshake message, whole; null where there is none. */
  async #message(): Promise<Buffer | null> {
    for (;;) {
      const length = this.#handshake.length < 4 ? Number.POSITIVE_INFINITY : 4 + this.#handshake.readUIntBE(1, 3)
      if (this.#handshake.length >= length) {
        const bytes = this.#handshake.subarray(0, length)
        this.#handshake = this.#handshake.subarray(length)
        this.#transcript = Buffer.concat([this.#transcript, bytes])
        return bytes
      }
      const record = await this.#record()
      if (record === null) return null
      if (record.type === HANDSHAKE) this.#handshake = Buffer.concat([this.#handshake, record.bytes])
    }
  }

  /** The next record, decrypted; null at the end, or at an alert, which is kept. */
  async #record(): Promise<{ type: number; bytes: Buffer } | null> {
    for (;;) {
      const { value: record, done } = await this.#records.next()
      if (done) return null
      if (record.type === CHANGE_CIPHER_SPEC) continue
      const clear = this.#read === null || record.type !== APPLICATION_DATA ? record : this.#read.open(record.bytes)
      if (clear.type !== ALERT) return clear
      this.#alert = clear.bytes[1] ?? null
      return null
    }
  }

  #digest(): Buffer {
    return hash(this.#transcript)
  }
}

/** RFC 8446 section 5: keys and counter of one direction. */
class RecordKeys {
  readonly #key: Buffer
  readonly #iv: Buffer
  #sequence = 0n

  constructor(secret: Buffer) {
    this.#key = expand(secret, 'key', Buffer.alloc(0), 16)
    this.#iv = expand(secret, 'iv', Buffer.alloc(0), 12)
  }

  seal(type: number, bytes: Buffer): Buffer {
    const head = header(APPLICATION_DATA, bytes.length + 17)
    const cipher = createCipheriv('aes-128-gcm', this.#key, this.#nonce()).setAAD(head)
    return Buffer.concat([head, cipher.update(Buffer.concat([bytes, Buffer.from([type])])), cipher.final(), cipher.getAuthTag()])
  }

  open(bytes: Buffer): { type: number; bytes: Buffer } {
    const decipher = createDecipheriv('aes-128-gcm', this.#key, this.#nonce())
    decipher.setAAD(header(APPLICATION_DATA, bytes.length)).setAuthTag(bytes.subarray(-16))
    const inner = Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()])
    let end = inner.length - 1
    while (inner[end] === 0) end--
    return { type: inner[end] ?? 0, bytes: inner.subarray(0, end) }
  }

  #nonce(): Buffer {
    const nonce = Buffer.from(this.#iv)
    nonce.writeBigUInt64BE(nonce.readBigUInt64BE(4) ^ this.#sequence++, 4)
    return nonce
  }
}

async function* readRecords(socket: Socket): AsyncGenerator<{ type: number; bytes: Buffer }> {
  let buffered: Buffer = Buffer.alloc(0)
  try {
    for await (const bytes of socket) {
      buffered = Buffer.concat([buffered, bytes as Buffer])
      while (buffered.length >= 5 && buffered.length >= 5 + buffered.readUInt16BE(3)) {
        const end = 5 + buffered.readUInt16BE(3)
        yield { type: buffered[0] ?? 0, bytes: buffered.subarray(5, end) }
        buffered = buffered.subarray(end)
      }
    }
  } catch {
    // A reset ends the connection too.
  }
}

function clientHello(servername: string, publicKey: KeyObject): Buffer {
  const share = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  const extension = (type: number, body: Buffer): Buffer => Buffer.concat([uint16(type), vector(2, body)])
  const name = Buffer.concat([Buffer.from([0]), vector(2, Buffer.from(servername))])
  const extensions = [
    extension(0, vector(2, name)),
    extension(10, vector(2, uint16(0x001d))),
    extension(13, vector(2, Buffer.concat([0x0403, 0x0503, 0x0804, 0x0805, 0x0806, 0x0807, 0x0401, 0x0501].map(uint16)))),
    extension(43, vector(1, uint16(0x0304))),
    extension(51, vector(2, Buffer.concat([uint16(0x001d), vector(2, share)]))),
  ]
  const body = [uint16(0x0303), randomBytes(32), vector(1, randomBytes(32)), vector(2, uint16(0x1301)), vector(1, Buffer.from([0]))]
  return message(1, Buffer.concat([...body, vector(2, Buffer.concat(extensions))]))
}

/** The X25519 key in a ServerHello. */
function serverShare(hello: Buffer): KeyObject {
  const at = hello.indexOf(Buffer.concat([uint16(51), uint16(36), uint16(0x001d), uint16(32)]))
  if (at < 0) throw new Error('the server chose another group or version')
  const prefix = Buffer.from('302a300506032b656e032100', 'hex')
  return createPublicKey({ key: Buffer.concat([prefix, hello.subarray(at + 8, at + 40)]), format: 'der', type: 'spki' })
}

function message(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type]), vector(3, body)])
}

/** Bytes behind their length, itself of so many bytes. */
function vector(lengthBytes: number, body: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes)
  length.writeUIntBE(body.length, 0, lengthBytes)
  return Buffer.concat([length, body])
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff])
}

function header(type: number, length: number): Buffer {
  return Buffer.concat([Buffer.from([type]), uint16(0x0303), uint16(length)])
}

function hash(bytes: Buffer | string): Buffer {
  return createHash('sha256').update(bytes).digest()
}

/** HKDF-Extract. */
function extract(salt: Buffer, secret: Buffer): Buffer {
  return createHmac('sha256', salt).update(secret).digest()
}

/** HKDF-Expand-Label for up to one block. */
function expand(secret: Buffer, label: string, context: Buffer, length = 32): Buffer {
  const info = Buffer.concat([uint16(length), vector(1, Buffer.from(`tls13 ${label}`)), vector(1, context), Buffer.from([1])])
  return createHmac('sha256', secret).update(info).digest().subarray(0, length)
}

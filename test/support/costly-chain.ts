import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { TcpNetConnectOpts } from 'node:net'
import { type ConnectionOptions, connect } from 'node:tls'
import { createAuthority } from './authority.ts'
import * as der from './der.ts'

/** Bits of the keys: with more of them OpenSSL takes no long exponent. */
const BITS = 3_072

/** A client certificate below a chain that nobody issued, whose signatures take long to be found wrong: both PEM. */
export async function costlyChain(length = 60): Promise<{ readonly cert: string; readonly key: string }> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: BITS })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const nobody = await createAuthority('CN=nobody', { key })
  const unsaid = { subjectKeyId: null, authorityKeyId: null }
  const leaf = await nobody.issue({ subject: 'CN=stranger', issuer: 'CN=made up 0', ...unsaid })
  const above = []
  for (let i = 0; i < length; i++) {
    const names = { subject: `CN=made up ${i}`, issuer: `CN=made up ${i + 1}` }
    above.push((await nobody.issue({ ca: true, key, spki: slowKey(), ...names, ...unsaid })).certificate)
  }
  return { cert: [leaf.certificate, ...above].join(''), key: leaf.key }
}

/** As long an exponent as the modulus, nearly all of its bits set. */
function slowKey(): Buffer {
  const modulus = randomBytes(BITS / 8)
  modulus[0] = 0xff
  modulus[modulus.length - 1] = 0xff
  const exponent = Buffer.alloc(BITS / 8, 0xff)
  exponent[0] = 0x7f
  const rsa = der.sequence(der.integerHex(modulus.toString('hex')), der.integerHex(exponent.toString('hex')))
  return der.sequence(der.sequence(der.oid('1.2.840.113549.1.1.1'), der.nothing), der.bitString(rsa))
}

/** One handshake and a request; whether there was an answer. */
export function isAnswered(options: ConnectionOptions & Partial<TcpNetConnectOpts>): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false, ...options })
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    socket.once('data', () => {
      resolve(true)
      socket.destroy()
    })
    socket.once('close', () => resolve(false))
    socket.on('error', () => {})
  })
}

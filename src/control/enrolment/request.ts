import type { IncomingMessage } from 'node:http'
import type { EnrolmentCredentials } from '../../admin/enrolment/enrolment.ts'
import { EnrolmentError } from '../../admin/enrolment/enrolment-error.ts'
import { parseBasicCredentials } from '../../gateway/authentication/basic-credentials.ts'

/** What can be asked for (RFC 7030 section 3.2.2), with the methods of each. */
export const OPERATIONS = {
  cacerts: ['GET', 'HEAD'],
  csrattrs: ['GET', 'HEAD'],
  simpleenroll: ['POST'],
  simplereenroll: ['POST'],
} as const satisfies Record<string, readonly string[]>

export type Operation = keyof typeof OPERATIONS

/** Bytes of a request's body: an RSA 8192 key in base64 with all its names fits many times. */
export const MAX_BODY = 96 * 1024
/** Bytes of a body that are read at all. */
const MOST_DROPPED = 4 * 1024 * 1024

const PREFIX = '/.well-known/est/'
/** Any label is taken: there is one authority here. */
const LABEL = /^[A-Za-z0-9._~-]{1,64}$/

/** The operation of a path, with or without a label before it; null: there is none. */
export function operationOf(url: string): Operation | null {
  const [path = ''] = url.split('?', 1)
  if (!path.startsWith(PREFIX)) return null
  const parts = path.slice(PREFIX.length).split('/')
  const [label, name] = parts.length === 2 ? parts : ['', parts[0]]
  if (parts.length > 2 || name === undefined || !Object.hasOwn(OPERATIONS, name)) return null
  return label === '' && parts.length === 2 ? null : label === '' || LABEL.test(label ?? '') ? (name as Operation) : null
}

/** Whether a browser sent this for another page: it would bring the user's certificate along by itself. */
export function isFromElsewhere({ headers }: IncomingMessage): boolean {
  return headers.origin !== undefined || !['same-origin', 'none', undefined].includes(headers['sec-fetch-site'] as string | undefined)
}

/** The name, percent-encoded, that a client wants or nothing: RFC 7030 has no way to ask for one that the server then keeps to. */
const EXPECTED_NAME = 'certgate-expected-name'

/** Throws EnrolmentError where there are none, or none that are read here. */
export function credentialsOf(headers: IncomingMessage['headers']): EnrolmentCredentials {
  const credentials = readCredentials(headers.authorization)
  const expected = headers[EXPECTED_NAME]
  return credentials.kind !== 'token' || typeof expected !== 'string' ? credentials : { ...credentials, expected: decoded(expected) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new EnrolmentError('request_refused', 'the expected name has an escape that cannot be read', { cause })
  }
}

function readCredentials(authorization: string | undefined): EnrolmentCredentials {
  if (authorization === undefined) {
    throw new EnrolmentError('credentials_missing', 'an enrolment token is needed', {
      hint: 'send it as the password of the user `token`, or as a Bearer token',
    })
  }
  const bearer = /^bearer[ \t]+([\x21-\x7e]{1,512})$/i.exec(authorization.trim())
  if (bearer?.[1] !== undefined) return { kind: 'token', secret: bearer[1] }
  const basic = parseBasicCredentials(authorization)
  if (basic.kind === 'malformed') throw new EnrolmentError('credentials_wrong', basic.detail)
  if (basic.kind !== 'password') throw new EnrolmentError('credentials_wrong', 'only Basic and Bearer are read here')
  const { name, password } = basic
  return name === 'token' ? { kind: 'token', secret: password } : { kind: 'password', name, password }
}

/**
 * The whole body; null: it is larger than allowed. What is too much is taken and thrown away first, up to a limit: an answer in the middle
 * of it is one that the client may never read. Rejects with EnrolmentError where the client goes before its end.
 */
export function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | null>()
  const chunks: Buffer[] = []
  let length = 0
  request.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length <= MAX_BODY) chunks.push(chunk)
    else if (length > MOST_DROPPED) resolve(null)
  })
  request.once('end', () => resolve(length > MAX_BODY ? null : Buffer.concat(chunks)))
  request.once('error', (cause) => reject(new EnrolmentError('request_refused', 'the request ended before its end', { cause })))
  return promise
}

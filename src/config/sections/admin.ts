import { dirname, join } from 'node:path'
import * as z from 'zod'
import { parseName } from '../../identity/name-parse.ts'
import { printName } from '../../identity/name-print.ts'
import { address } from '../address.ts'
import { judgeExpression, reversedDn } from '../expressions.ts'
import type { Paths } from '../paths.ts'
import type { Reader } from '../reader.ts'
import type { AdminSettings, StoreSettings } from '../settings.ts'
import { InvalidValue, nameSchema, parsed, section, text, word } from '../shape.ts'
import { nearest } from '../suggest.ts'

/** Compared as a whole and exactly: a wildcard would be a character like any other, and an empty DN nobody's. */
const distinguishedName = parsed(text('a DN'), (value) => {
  return printName(judgeExpression(() => parseName(value)))
})

/** As a browser has it in its address: without port, an international one in its `xn--` form. */
const hostName = parsed(text('a host name'), (value) => {
  const name = value.toLowerCase().replace(/\.$/, '')
  if (!/^(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(name))
    throw new InvalidValue('expected a host name without port and wildcard', 'e.g. admin.example.com')
  return name
})

export const adminSchema = section({
  address: address().optional().describe('HOST:PORT of the admin API and console; absent: not opened'),
  tls: nameSchema
    .optional()
    .describe("the listener whose certificate and client_ca it takes, always with REQUIRE; absent: the first listener's"),
  admin_dn: z.array(distinguishedName).optional().describe('full DNs, under that client_ca, that hold ClusterAdmin'),
  server_certificate: word(['allow', 'deny'])
    .prefault('allow')
    .describe("whether the gateway's own certificate may bootstrap /admin/certificates"),
  hosts: z
    .array(hostName)
    .optional()
    .describe('names by which browsers may reach the address, beside those of the certificate: where that has only a wildcard'),
  socket: text('a socket path')
    .optional()
    .describe('Unix socket, mode 0600, that the commands of this machine talk to; absent: `admin.sock` beside the store'),
})

/**
 * Without the block the socket alone is opened: what is revoked has to be in force at once, and it is the way back in for who is locked
 * out. null: the block cannot be used.
 */
export function readAdmin(reader: Reader, paths: Paths, store: Pick<StoreSettings, 'file'>): AdminSettings | null {
  const byDefault = !reader.has(['admin'])
  const input = byDefault ? adminSchema.parse({}) : reader.parse(adminSchema, ['admin'])
  if (input === undefined) return null
  const socket = input.socket === undefined ? join(dirname(store.file), 'admin.sock') : paths.absolute(input.socket)
  if (Buffer.byteLength(socket) > 107)
    reader.problem(['admin', 'socket'], 'a Unix socket path is at most 107 bytes', {
      hint: `this one is ${Buffer.byteLength(socket)}: ${socket}${input.socket === undefined ? '; name another in `admin: { socket: ... }`' : ''}`,
    })
  const adminDn = input.admin_dn ?? []
  judgeNames(reader, adminDn)
  const opened = input.address !== undefined || input.tls !== undefined || adminDn.length > 0
  const tls = opened ? listenerFor(reader, input.tls) : null
  const isWritten = reader.document.node(['admin', 'server_certificate']) !== undefined
  const serverCertificate = input.server_certificate
  return {
    address: input.address ?? null,
    tls,
    adminDn,
    serverCertificate,
    ...(isWritten && { serverCertificateIsWritten: isWritten }),
    hosts: input.hosts ?? [],
    socket,
    byDefault,
  }
}

function judgeNames(reader: Reader, names: readonly string[]): void {
  for (const [index, name] of names.entries()) {
    const path = ['admin', 'admin_dn', index]
    if (names.indexOf(name) !== index) reader.problem(path, `\`${name}\` is there twice`)
    const hint = reversedDn(name)
    if (hint !== null) reader.problem(path, 'ends in the most specific part: reversed?', { severity: 'warning', hint })
  }
}

/** Judged as written: what is wrong with a listener itself is told there. */
function listenerFor(reader: Reader, written: string | undefined): string | null {
  const known = reader.names(['listeners'])
  const name = written ?? known[0]
  if (name === undefined) return null
  const path = ['admin', written === undefined ? 'address' : 'tls']
  if (!known.includes(name)) {
    const meant = nearest(name, known)
    const hint = meant === undefined ? `defined are: ${known.join(', ')}` : `did you mean \`${meant}\`?`
    reader.problem(path, `there is no listener \`${name}\``, { hint })
    return null
  }
  const tls = reader.document.node(['listeners', name, 'tls'])
  if (tls === undefined || tls.kind === 'mapping') return name
  const hint = written === undefined ? 'name one that has TLS: `tls: NAME`' : 'administration is never without certificates'
  reader.problem(path, `the listener \`${name}\` has no TLS to take over`, { hint })
  return null
}

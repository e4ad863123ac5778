import * as z from 'zod'
import { parseTarget } from '../address.ts'
import type { Path } from '../document.ts'
import type { Paths } from '../paths.ts'
import type { Reader } from '../reader.ts'
import type { UpstreamSettings, UpstreamTarget } from '../settings.ts'
import { list, namedMap, nameSchema, oneOrMore, parsed, section, text } from '../shape.ts'
import { certificate, certificateSource, files } from './certificate.ts'

const target = parsed(text('a target'), (value) => {
  // Judged here for its form; the socket path is resolved when the settings are built.
  parseTarget(value, (path) => path)
  return value
})

/** Without these a server reads the rest of the message differently: a body would become a request that nobody decided. */
const FRAMING = new Set(['host', 'content-length', 'transfer-encoding', 'connection', 'upgrade', 'expect', 'trailer'])

export const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/, 'expected a header name')
  .refine((name) => !FRAMING.has(foldHeader(name)), {
    error: 'this header frames the request: without it the upstream would read another one',
  })

const upstream = section({
  targets: oneOrMore(target, 'name at least one target').describe('http://host:port, https://host:port or unix:/path'),
  tls: section({
    ca: files('a CA file').optional().describe("whom to believe that it is the upstream; absent: the system's roots"),
    certificate: certificate.optional().describe("certgate's own client certificate towards the upstream"),
    server_name: text('a server name').optional().describe("name that the upstream's certificate must bear; absent: the target's host"),
  }).optional(),
  strip: list(headerName, 'name at least one header, or leave `strip` out')
    .optional()
    .describe('request headers removed before forwarding'),
})

export const upstreamsSchema = namedMap(upstream)

export function readUpstreams(reader: Reader, paths: Paths): Map<string, UpstreamSettings> {
  const upstreams = new Map<string, UpstreamSettings>()
  reader.require(z.record(nameSchema, z.unknown()), ['upstreams'])
  for (const name of reader.names(['upstreams'])) {
    const path = ['upstreams', name]
    const input = reader.require(upstream, path)
    if (input === undefined) continue
    const targets = input.targets.map((value) => parseTarget(value, (file) => paths.absolute(file)))
    checkTls(reader, path, targets, input.tls !== undefined)
    const tls = input.tls && {
      ca: input.tls.ca?.map((file) => paths.watched(file)) ?? null,
      certificate: input.tls.certificate === undefined ? null : certificateSource(paths, input.tls.certificate),
      serverName: input.tls.server_name ?? null,
    }
    upstreams.set(name, { name, targets, tls: tls ?? null, strip: (input.strip ?? []).map(foldHeader) })
  }
  return upstreams
}

function checkTls(reader: Reader, path: Path, targets: readonly UpstreamTarget[], hasTls: boolean): void {
  const plain = targets.find((candidate) => !candidate.tls)
  if (hasTls && plain !== undefined) {
    reader.problem([...path, 'tls'], `\`${plain.url}\` is not reached over TLS`, {
      at: 'key',
      hint: 'write https:// in every target, or remove `tls`',
    })
  }
}

/** Lower case, every character outside [a-z0-9] read as `-`: as header names are compared everywhere. */
export function foldHeader(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-')
}

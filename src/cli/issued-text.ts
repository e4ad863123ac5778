import { basename, extname } from 'node:path'
import { safeFileName } from '../certificates/safe-file-name.ts'
import type { Administration } from './administration.ts'
import type { CertificateInfo } from './api-types.ts'
import type { Terminal } from './command.ts'
import { endText } from './end-text.ts'
import type { Issued } from './issue.ts'
import { printable, widthOf } from './printable.ts'
import { shortPath } from './short-path.ts'
import { styles } from './style.ts'

/** Prints what was issued, and where it is. The only time that a password which was made up is seen. */
export function reportIssued(issued: Issued, verb: string, json: boolean, administration: Administration, terminal: Terminal): void {
  terminal.out(json ? `${JSON.stringify(issuedJson(issued), null, 2)}\n` : issuedText(issued, verb, terminal))
  if (!json) reportStopped(administration, terminal)
}

/** Where nobody was there to be told. */
export function reportStopped(administration: Administration, terminal: Terminal): void {
  if (administration.stopped) terminal.err('certgate: no gateway is running: it takes effect when one starts\n')
}

/** Databases with access, as `--database` takes them, e.g. `movies=Read, orders=Admin`. */
export function databasesOf({ permissions }: Pick<CertificateInfo, 'permissions'>): string {
  return Object.entries(permissions)
    .map(([database, access]) => `${database}=${access}`)
    .join(', ')
}

export function rightsOf(certificate: Pick<CertificateInfo, 'clearance' | 'permissions'>): string {
  const databases = databasesOf(certificate)
  return databases === '' ? certificate.clearance : `${certificate.clearance}, ${databases}`
}

function issuedJson({ certificate, files, password, dropped, warnings }: Issued): object {
  const secret = password?.generated && { password: password.password }
  return { certificate, files, ...secret, ...(dropped.length > 0 && { dropped }), ...(warnings.length > 0 && { warnings }) }
}

function issuedText({ certificate, files, password, dropped, warnings }: Issued, verb: string, terminal: Terminal): string {
  const { bold, cyan, yellow, dim } = styles(terminal)
  const paths = files.map((file) => shortPath(file, terminal.cwd))
  const width = Math.max(...paths.map(widthOf))
  const rows = paths.map(
    (path) =>
      `  ${cyan(path)}${' '.repeat(width - widthOf(path))}  ${purposeOf(path, isAuthority(path, certificate.name, paths), password)}\n`,
  )
  const until = endText(certificate.not_after)
  const lines = [
    `${verb} ${bold(printable(certificate.name))} (${printable(rightsOf(certificate))}), until ${until}\n`,
    ...rows,
    `${dim('thumbprint')}  ${certificate.thumbprint}\n`,
    `${dim('SHA-256')}     ${certificate.fingerprint}\n`,
  ]
  if (password?.generated) lines.push(`${dim('password')}    ${bold(password.password ?? '')}  ${yellow('shown only now')}\n`)
  const base = safeFileName(certificate.name)
  if (files.length > 0 && base !== certificate.name)
    lines.push(`${yellow('note')}        the files are named ${base}: the name of the certificate is no file name\n`)
  for (const name of dropped) lines.push(`${yellow('left out')}    ${printable(name)}, which the request asks for and --san does not\n`)
  for (const warning of warnings) lines.push(`${yellow('note')}        ${printable(warning)}\n`)
  return lines.join('')
}

/** Only a bundle brings one along. */
function isAuthority(path: string, name: string, paths: readonly string[]): boolean {
  return paths.length > 1 && basename(path).endsWith('ca.crt') && basename(path) !== `${safeFileName(name)}.crt`
}

function purposeOf(path: string, ofAuthority: boolean, password: Issued['password']): string {
  switch (extname(path)) {
    case '.pfx':
      return `certificate, key and chain, for browsers and Windows${password?.password === null ? '; no password' : ''}`
    case '.key':
      return password?.password === null ? 'private key, not encrypted' : 'private key, encrypted with the password'
    case '.zip':
      return '.pfx, .crt, .key and README.txt'
    case '.txt':
      return 'the lines to use it with curl, browsers and others'
    default:
      return ofAuthority ? "authority of the gateway's own certificate" : 'certificate and chain'
  }
}

import { resolve } from 'node:path'
import { parseAttributeSelector, SAN_TYPES } from '../identity/attribute-selector.ts'
import { certificateParts } from '../identity/certificate.ts'
import { exactPattern } from '../identity/pattern.ts'
import { selectOne } from '../identity/selection.ts'
import type { PeerCertificate } from '../identity/types.ts'
import { hasUnprintable } from '../identity/unprintable.ts'
import { compileIdentityRule } from '../identity/username.ts'
import { digest, presented, readCertificateFile } from './certificate-file.ts'
import { type Command, parseArguments } from './command.ts'
import { styles } from './style.ts'

const COMMON_NAME_SELECTOR = parseAttributeSelector('cn')

export const dnCommand: Command = {
  name: 'dn',
  summary: 'print who a certificate says it is, to paste into the mapping',
  usage: `usage: certgate dn [--json] FILE

Prints the exact identity strings of a certificate (PEM or DER), and the lines for roles_mapping.yml.
Of a file with several certificates the first is read.

      --json   the same as JSON

examples:
  certgate dn client.crt
  certgate dn --json client.crt
`,
  async run(args, terminal) {
    const { flags, positionals } = parseArguments('dn', args, { json: { type: 'boolean' } }, { min: 1, max: 1, names: 'FILE' })
    const [file = ''] = positionals
    const certificates = readCertificateFile(resolve(terminal.cwd, file), file)
    const [der = new Uint8Array()] = certificates
    const description = describe(file, certificates.length, der)
    terminal.out(flags.json ? `${JSON.stringify(description, null, 2)}\n` : render(description, styles(terminal)))
    return 0
  },
}

/** One way to name the holder, and what to write under `users:` for it. */
interface UserLine {
  /** null: no `username_attribute`, so the full DN. */
  readonly username_attribute: string | null
  readonly user: string | null
  /** The scalar for `users:`, quoted for YAML; an escaped regex where the name would read as a pattern. */
  readonly yaml: string | null
  /** Why this certificate is nobody under this rule. */
  readonly problem: string | null
}

interface Description {
  readonly file: string
  readonly certificate: number
  readonly certificates: number
  readonly subject: string
  readonly cn: string | null
  readonly sans: readonly { readonly type: string; readonly value: string }[]
  readonly issuer: string
  readonly serial: string
  readonly not_before: string
  readonly not_after: string
  readonly sha256: string
  readonly sha1: string
  /** Of the SubjectPublicKeyInfo: what `issuers:` takes, where this is a CA's certificate. */
  readonly key_sha256: string
  readonly ca: boolean
  readonly users: readonly UserLine[]
}

function describe(file: string, count: number, der: Uint8Array): Description {
  const certificate = presented(der, file)
  const cn = selectOne(certificate, COMMON_NAME_SELECTOR)
  return {
    file,
    certificate: 1,
    certificates: count,
    subject: certificate.dn,
    cn: cn.kind === 'value' ? cn.value : null,
    sans: certificate.sans,
    issuer: certificate.issuerDn,
    serial: certificate.serial,
    not_before: new Date(certificate.notBefore).toISOString(),
    not_after: new Date(certificate.notAfter).toISOString(),
    sha256: certificate.fingerprint,
    sha1: certificate.fingerprintSha1,
    key_sha256: digest('sha256', certificateParts(der).subjectPublicKeyInfo),
    ca: certificate.isCa,
    users: userLines(certificate),
  }
}

/** By the very rules that the gateway compiles, so that what is printed is what will be matched. */
function userLines(certificate: PeerCertificate): UserLine[] {
  const present = SAN_TYPES.filter((type) => certificate.sans.some((san) => san.type === type))
  return ['cn', null, ...present.map((type) => `san:${type}`)].map((attribute) => userLine(certificate, attribute))
}

function userLine(certificate: PeerCertificate, attribute: string | null): UserLine {
  const rule = compileIdentityRule({ name: 'dn', usernameAttribute: attribute, rolesAttribute: null, skipUsers: [], onMissing: 'refuse' })
  const outcome = rule.identify(certificate)
  if (outcome.kind !== 'identity') {
    return { username_attribute: attribute, user: null, yaml: null, problem: outcome.kind === 'unusable' ? outcome.reason : outcome.kind }
  }
  const { name } = outcome.identity
  return { username_attribute: attribute, user: name, yaml: quoted(exactPattern(name)), problem: null }
}

function render(description: Description, style: ReturnType<typeof styles>): string {
  const { file, certificates, users } = description
  const which = certificates === 1 ? '' : ` (certificate 1 of ${certificates}; the others are not read)`
  const rows: (readonly [string, string])[] = [
    ['subject', shown(description.subject)],
    ['cn', description.cn === null ? '-' : shown(description.cn)],
    ...description.sans.map(({ type, value }, index) => [index === 0 ? 'san' : '', `${type}:${shown(value)}`] as const),
    ['issuer', shown(description.issuer)],
    ['serial', description.serial],
    ['valid', `${description.not_before} to ${description.not_after}`],
    ['sha256', description.sha256],
    ['sha1', description.sha1],
    ['key sha256', description.key_sha256],
  ]
  const width = Math.max(...users.map((line) => line.yaml?.length ?? 0))
  const lines = [
    style.bold(`${file}${which}`),
    ...rows.map(([label, value]) => `${style.dim(label.padEnd(12))}${value}`),
    '',
    style.bold('for roles_mapping.yml, one of'),
    '  users:',
    ...users.map((line) =>
      line.yaml === null ? style.dim(`    # ${nameRule(line)}: ${line.problem}`) : mappingLine(line.yaml, line, width, style),
    ),
  ]
  return `${lines.join('\n')}\n`
}

function mappingLine(yaml: string, line: UserLine, width: number, style: ReturnType<typeof styles>): string {
  return `    - ${yaml.padEnd(width)}  ${style.dim(`# ${nameRule(line)}`)}`
}

function nameRule(line: UserLine): string {
  return line.username_attribute === null ? 'no username_attribute: the full DN' : `username_attribute: ${line.username_attribute}`
}

/** As it is where a terminal shows it truly, and quoted where it holds controls or ends that would not be seen. */
function shown(value: string): string {
  return value === '' || hasUnprintable(value) || value.trim() !== value ? quoted(value) : value
}

/** What YAML counts as not printable, and what would not be seen on a screen. */
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/
const HIDDEN_BEYOND_JSON = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g

/** A quoted YAML scalar on one line: single quotes keep backslashes readable; else JSON's escapes, which are YAML's too. */
function quoted(value: string): string {
  if (/["\\]/.test(value) && !HIDDEN.test(value)) return `'${value.replaceAll("'", "''")}'`
  return JSON.stringify(value).replace(HIDDEN_BEYOND_JSON, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

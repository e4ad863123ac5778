import { type RoleLine, roleLines } from '../admin/explain/explanation.ts'
import { place } from '../admin/explain/place.ts'
import { imaginedCertificate, imaginedSubject } from '../admin/imagined-certificate.ts'
import { UsageError } from '../errors.ts'
import { ANONYMOUS_IDENTITY } from '../identity/anonymous.ts'
import { canonicalDn } from '../identity/name-parse.ts'
import { ANONYMOUS_NAME, type Identity } from '../identity/types.ts'
import { compileIdentityRule } from '../identity/username.ts'
import type { Snapshot } from '../ipc/messages.ts'
import { reorderedEntries } from '../policy/mapping-checks.ts'
import { readAuthorities } from '../policy/mapping-issuer.ts'
import { compilePolicy } from '../policy/policy.ts'
import { type Command, parseArguments } from './command.ts'
import { roleText } from './explain-text.ts'
import { loadSnapshot } from './load-snapshot.ts'
import { registeredNotes } from './registered-notes.ts'
import { styles } from './style.ts'

const FLAGS = {
  config: { type: 'string', short: 'c' },
  'backend-role': { type: 'string', multiple: true },
  address: { type: 'string' },
  json: { type: 'boolean' },
} as const

export const rolesTestCommand: Command = {
  name: 'roles test',
  summary: 'list the roles that the mapping gives to somebody',
  usage: `usage: certgate roles test [--config FILE] [--backend-role ROLE]... [--address IP] [--json] NAME-or-DN

Lists the roles of a user name, or of the holder of a certificate with this DN, each with
the line of the mapping that gives it. Exit code 0: some role, 1: none.

  -c, --config FILE        default: certgate.yml
      --backend-role ROLE  a backend role that they have; may be repeated
      --address IP         where they come from; default: 127.0.0.1
      --json               the same as JSON

examples:
  certgate roles test CLIENT1
  certgate roles test --backend-role ops 'CN=alice,OU=ops,O=Acme'
`,
  async run(args, terminal) {
    const { flags, positionals } = parseArguments('roles test', args, FLAGS, { min: 1, max: 1, names: 'NAME-or-DN' })
    const [text = ''] = positionals
    const snapshot = await loadSnapshot(flags.config, terminal)
    const identity = identityOf(text, flags['backend-role'], snapshot)
    const policy = compilePolicy(snapshot.settings, snapshot.mapping, snapshot.listeners.values())
    const roles = roleLines(policy.rolesOf(identity, flags.address ?? '127.0.0.1'), snapshot, terminal.cwd)
    const notes = [...notesOn(identity, snapshot, terminal.cwd), ...registeredNotes(snapshot.settings.store?.file ?? null, identity.name)]
    const report = { name: identity.name, dn: identity.dn, backend_roles: identity.backendRoles, roles, notes }
    terminal.out(flags.json ? `${JSON.stringify(report, null, 2)}\n` : render(identity, roles, notes, styles(terminal)))
    return roles.length > 0 ? 0 : 1
  },
}

/** A DN names the holder of a certificate by the first clientcert domain's rule; anything else is the user name itself. */
function identityOf(text: string, backendRoles: readonly string[], { settings, listeners }: Snapshot): Identity {
  if (text.trim() === '') throw new UsageError('the name is blank', 'give a user name or a DN')
  if (text === ANONYMOUS_NAME) return ANONYMOUS_IDENTITY
  if (!text.includes('=') || canonicalDn(text) === null) {
    return { name: text, dn: null, source: 'basic', domain: 'roles test', backendRoles, certificate: null }
  }
  const [issuer = null, ...others] = readAuthorities(listeners.values()).filter(({ selfSigned }) => selfSigned)
  const certificate = imaginedCertificate(imaginedSubject({ dn: text }), others.length === 0 ? issuer : null, Date.now())
  const domain = settings.auth.domains.find(({ type }) => type === 'clientcert')
  const outcome = domain?.type === 'clientcert' ? compileIdentityRule({ ...domain, skipUsers: [] }).identify(certificate) : null
  if (outcome?.kind === 'identity') return { ...outcome.identity, backendRoles: [...outcome.identity.backendRoles, ...backendRoles] }
  return { name: certificate.dn, dn: certificate.dn, source: 'clientcert', domain: 'roles test', backendRoles, certificate }
}

function notesOn(identity: Identity, { mapping, users }: Snapshot, cwd: string): string[] {
  const file = place(mapping.file, cwd)
  const reversed = identity.certificate === null ? [] : reorderedEntries(mapping, identity.certificate.subject)
  const bound = mapping.entries.filter(({ issuers }) => issuers.length > 0)
  const own = users.find(({ name }) => name === identity.name)?.backendRoles.filter((role) => !identity.backendRoles.includes(role)) ?? []
  return [
    ...reversed.map(({ message, line }) => `${file}:${line}: ${message}`),
    ...(bound.length > 0 && (identity.certificate?.caKeys.length ?? 0) === 0
      ? [`left out, because they are bound to issuers: ${bound.map(({ role }) => role).join(', ')}; ask 'certgate explain --cert FILE'`]
      : []),
    ...(own.length > 0 ? [`as an internal user '${identity.name}' also has ${own.map((role) => `--backend-role ${role}`).join(' ')}`] : []),
  ]
}

function render(identity: Identity, roles: readonly RoleLine[], notes: readonly string[], style: ReturnType<typeof styles>): string {
  const count = new Set(roles.map(({ role }) => role)).size
  const who = `'${identity.name}'${identity.dn === null || identity.dn === identity.name ? '' : ` (${identity.dn})`}`
  const lines = [
    count === 0 ? `${who} has ${style.bold(style.red('no role'))}` : `${who} has ${style.bold(count === 1 ? '1 role' : `${count} roles`)}`,
    ...roles.map((role) => `  ${roleText(role, roles)}`),
    ...notes.map((note) => `${style.dim('note')} ${note}`),
  ]
  return `${lines.join('\n')}\n`
}

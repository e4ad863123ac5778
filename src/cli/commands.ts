import type { CommandEntry } from './command.ts'

export interface CommandGroup {
  readonly title: string
  readonly commands: readonly CommandEntry[]
}

/** Every command in the order of the overview. A test holds each summary to the command's own. */
export const groups: readonly CommandGroup[] = [
  {
    title: 'set up',
    commands: [
      {
        name: 'start',
        summary: 'set up in data/ if needed, then serve in front of a small demo service',
        load: async () => (await import('./start.ts')).startCommand,
      },
      {
        name: 'init',
        summary: 'make an authority, certificates and a configuration',
        load: async () => (await import('./init.ts')).initCommand,
      },
      {
        name: 'users hash',
        summary: 'hash a password for internal_users.yml',
        load: async () => (await import('./users-hash.ts')).usersHashCommand,
      },
    ],
  },
  {
    title: 'run',
    commands: [
      {
        name: 'serve',
        summary: 'run the gateway',
        load: async () => (await import('./serve.ts')).serveCommand,
      },
      {
        name: 'status',
        summary: 'show how the running certgate is',
        load: async () => (await import('./status.ts')).statusCommand,
      },
      {
        name: 'reload',
        summary: 'let the running certgate load its configuration again',
        load: async () => (await import('./reload.ts')).reloadCommand,
      },
    ],
  },
  {
    title: 'ask',
    commands: [
      {
        name: 'check',
        summary: 'report every problem of a configuration, with line and snippet',
        load: async () => (await import('./check.ts')).checkCommand,
      },
      {
        name: 'explain',
        summary: 'tell who someone is, which roles they have, and whether they may',
        load: async () => (await import('./explain.ts')).explainCommand,
      },
      {
        name: 'roles test',
        summary: 'list the roles that the mapping gives to somebody',
        load: async () => (await import('./roles-test.ts')).rolesTestCommand,
      },
      {
        name: 'dn',
        summary: 'print who a certificate says it is, to paste into the mapping',
        load: async () => (await import('./dn.ts')).dnCommand,
      },
    ],
  },
  {
    title: 'certificates',
    commands: [
      {
        name: 'cert generate',
        summary: 'issue a client certificate, or sign a request',
        load: async () => (await import('./cert-generate.ts')).certGenerateCommand,
      },
      {
        name: 'cert trust',
        summary: 'accept a client certificate that somebody else issued',
        load: async () => (await import('./cert-trust.ts')).certTrustCommand,
      },
      {
        name: 'cert list',
        summary: 'list client certificates, their rights and state',
        load: async () => (await import('./cert-list.ts')).certListCommand,
      },
      {
        name: 'cert show',
        summary: 'show all that is known of a client certificate',
        load: async () => (await import('./cert-show.ts')).certShowCommand,
      },
      {
        name: 'cert edit',
        summary: 'change the rights of a client certificate, or what it is called',
        load: async () => (await import('./cert-edit.ts')).certEditCommand,
      },
      {
        name: 'cert renew',
        summary: 'issue a successor of a certificate, or keep the files of one fresh',
        load: async () => (await import('./cert-renew.ts')).certRenewCommand,
      },
      {
        name: 'cert enroll',
        summary: 'get a client certificate for a one-time token, with a key made here',
        load: async () => (await import('./cert-enroll.ts')).certEnrollCommand,
      },
      {
        name: 'cert disable',
        summary: 'refuse a client certificate until it is enabled again',
        load: async () => (await import('./cert-disable.ts')).certDisableCommand,
      },
      {
        name: 'cert enable',
        summary: 'accept a disabled client certificate again',
        load: async () => (await import('./cert-enable.ts')).certEnableCommand,
      },
      {
        name: 'cert revoke',
        summary: 'revoke a client certificate, and its key, for good',
        load: async () => (await import('./cert-revoke.ts')).certRevokeCommand,
      },
      {
        name: 'cert remove',
        summary: 'forget a client certificate: it is registered no more',
        load: async () => (await import('./cert-remove.ts')).certRemoveCommand,
      },
      {
        name: 'cert purge',
        summary: 'forget client certificates that have expired',
        load: async () => (await import('./cert-purge.ts')).certPurgeCommand,
      },
      {
        name: 'cert export',
        summary: 'write all registered certificates into one PFX file, without keys',
        load: async () => (await import('./cert-export.ts')).certExportCommand,
      },
      {
        name: 'generateClientCert',
        summary: "issue a certificate with ClusterAdmin, by RavenDB's words",
        load: async () => (await import('./generate-client-cert.ts')).generateClientCertCommand,
      },
      {
        name: 'trustClientCert',
        summary: "accept a certificate with ClusterAdmin, by RavenDB's words",
        load: async () => (await import('./trust-client-cert.ts')).trustClientCertCommand,
      },
      {
        name: 'token create',
        summary: 'make a one-time token that a machine enrols with (EST)',
        load: async () => (await import('./token-create.ts')).tokenCreateCommand,
      },
      {
        name: 'token list',
        summary: 'list enrolment tokens, and what was issued for them',
        load: async () => (await import('./token-list.ts')).tokenListCommand,
      },
      {
        name: 'token remove',
        summary: 'take back an enrolment token that was not used yet',
        load: async () => (await import('./token-remove.ts')).tokenRemoveCommand,
      },
      {
        name: 'ca show',
        summary: 'show the authority: what signs, what is trusted, until when',
        load: async () => (await import('./ca-show.ts')).caShowCommand,
      },
      {
        name: 'ca crl',
        summary: 'print the revocation lists of the authority (PEM)',
        load: async () => (await import('./ca-crl.ts')).caCrlCommand,
      },
      {
        name: 'ca rotate',
        summary: 'replace the authority; the old one is trusted for a while',
        load: async () => (await import('./ca-rotate.ts')).caRotateCommand,
      },
    ],
  },
  {
    title: 'audit and backup',
    commands: [
      {
        name: 'audit list',
        summary: 'show what was done by whom: the newest entries of the audit log',
        load: async () => (await import('./audit-list.ts')).auditListCommand,
      },
      {
        name: 'audit export',
        summary: 'write the whole audit log as JSON lines',
        load: async () => (await import('./audit-export.ts')).auditExportCommand,
      },
      {
        name: 'audit verify',
        summary: 'check that the audit log is as it was written',
        load: async () => (await import('./audit-verify.ts')).auditVerifyCommand,
      },
      {
        name: 'backup',
        summary: 'copy store, authority and configuration into a new folder',
        load: async () => (await import('./backup.ts')).backupCommand,
      },
      {
        name: 'restore',
        summary: 'put a backup in place of a gateway that is gone',
        load: async () => (await import('./restore.ts')).restoreCommand,
      },
    ],
  },
  {
    title: 'else',
    commands: [
      {
        name: 'schema',
        summary: 'print the JSON Schema of certgate.yml, for editors',
        load: async () => (await import('./schema.ts')).schemaCommand,
      },
      {
        name: 'completion',
        summary: 'print a completion script for bash, zsh or fish',
        load: async () => (await import('./completion.ts')).completionCommand(commands),
      },
      {
        name: 'version',
        summary: 'print the versions of certgate, Node.js and OpenSSL',
        load: async () => (await import('./version.ts')).versionCommand,
      },
    ],
  },
]

export const commands: readonly CommandEntry[] = groups.flatMap((group) => group.commands)

/** Words that users of later versions and of the systems certgate grew from will try. */
export const notInThisVersion: ReadonlySet<string> = new Set(['roles import', 'roles export', 'users add'])

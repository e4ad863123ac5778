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
    title: 'certificates',
    commands: [
      {
        name: 'cert enroll',
        summary: 'get a client certificate for a one-time token, with a key made here',
        load: async () => (await import('./cert-enroll.ts')).certEnrollCommand,
      },
      {
        name: 'cert renew',
        summary: 'keep the files of a client certificate fresh',
        load: async () => (await import('./cert-renew-watch.ts')).certRenewFilesCommand,
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
export const notInThisVersion: ReadonlySet<string> = new Set([
  'cert',
  'ca',
  'generateClientCert',
  'trustClientCert',
  'backup',
  'restore',
  'roles import',
  'roles export',
  'users add',
])

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { makeBackup } from '../admin/backup/backup.ts'
import type { Manifest } from '../admin/backup/manifest.ts'
import { backupSources } from '../admin/backup/sources.ts'
import { inspectConfig } from '../config/load.ts'
import { nobodyListens } from '../control/administration/api-client.ts'
import { CertgateError } from '../errors.ts'
import { openStore } from '../store/store.ts'
import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, Administration } from './administration.ts'
import { type Command, parseArguments, type Terminal } from './command.ts'
import { configFile } from './config-file.ts'
import { commandActor } from './os-user.ts'
import { socketOf } from './running.ts'
import { shortPath } from './short-path.ts'
import { storeOf } from './stopped-store.ts'
import { styles } from './style.ts'

export const backupCommand: Command = {
  name: 'backup',
  summary: 'copy store, authority and configuration into a new folder',
  usage: `usage: certgate backup FOLDER

While the gateway runs, or is stopped. FOLDER (mode 0700) is complete, or not there: the store of
one moment with its audit log, the authority with its keys, the configuration and all that it
names, each with its SHA-256. It holds private keys: keep it as safe as the gateway itself.

${ADMINISTRATION_USAGE}

examples:
  certgate backup /backup/certgate-$(date +%F)
  certgate backup --config /etc/certgate/certgate.yml /backup/certgate
`,
  async run(args, terminal) {
    const { flags, positionals } = parseArguments('backup', args, ADMINISTRATION_FLAGS, { min: 1, max: 1, names: 'FOLDER' })
    const folder = resolve(terminal.cwd, positionals[0] ?? '')
    const socket = socketOf(flags, terminal)
    const isAlone = flags.socket !== undefined && flags.config === undefined
    const manifest = (await askRunning(socket, folder, isAlone)) ?? (await ofStopped(flags.config, folder, terminal))
    for (const file of manifest.left_out) terminal.err(`certgate: left out: ${file}, which may not be read; keep a copy of it elsewhere\n`)
    terminal.out(flags.json ? `${JSON.stringify({ folder, ...manifest }, null, 2)}\n` : backupText(folder, manifest, terminal))
    return 0
  },
}

/** null: nobody is running. */
async function askRunning(socket: string, folder: string, isAlone: boolean): Promise<Manifest | null> {
  try {
    return await new Administration(socket, null).send<Manifest>('POST', '/api/v1/backup', { folder })
  } catch (error) {
    if (isAlone || !nobodyListens(error)) throw error
    return null
  }
}

/** A broken configuration is backed up as well: that is when somebody wants one. */
async function ofStopped(config: string | undefined, folder: string, terminal: Terminal): Promise<Manifest> {
  const file = storeOf(config, terminal)
  if (!existsSync(file)) {
    throw new CertgateError('io_failed', `there is no store ${shortPath(file, terminal.cwd)} to back up`, {
      hint: 'has this gateway never run? it is made when it starts',
    })
  }
  const { settings } = inspectConfig(configFile(config, terminal), { env: terminal.env })
  const store = openStore(file)
  try {
    return await makeBackup({ folder, sources: backupSources(settings), store, actor: commandActor(), now: Date.now() })
  } finally {
    store.close()
  }
}

function backupText(folder: string, { store, files }: Manifest, terminal: Terminal): string {
  const { bold } = styles(terminal)
  const count = (number: number, one: string, many: string) => `${number} ${number === 1 ? one : many}`
  const contents = [
    count(store.certificates, 'certificate', 'certificates'),
    count(store.audit.entries, 'audit entry', 'audit entries'),
    // The store too, as `restore` counts.
    count(files.length + 1, 'file', 'files'),
  ].join(', ')
  return `made ${bold(shortPath(folder, terminal.cwd))}: ${contents}\naudit head  ${store.audit.head}\n`
}

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Manifest } from '../admin/backup/manifest.ts'
import { type Restored, restoreBackup } from '../admin/backup/restore.ts'
import { askApi, nobodyListens } from '../control/administration/api-client.ts'
import { CertgateError, ConfigError } from '../errors.ts'
import { type Command, parseArguments, type Terminal } from './command.ts'
import { commandActor } from './os-user.ts'
import { printable } from './printable.ts'
import { programName, shellWord } from './program-name.ts'
import { socketOf } from './running.ts'
import { shortPath } from './short-path.ts'
import { styles } from './style.ts'

export const restoreCommand: Command = {
  name: 'restore',
  summary: 'put a backup in place of a gateway that is gone',
  usage: `usage: certgate restore [--dir DIR] [--force] [--original-places] FOLDER

Everything in FOLDER is verified before anything is touched. Refuses while a gateway runs on DIR.
Nothing is overwritten: --force moves what is in the way aside. What was revoked or issued since
the backup is not known any more; the restore is the newest entry of the audit log.

      --dir DIR           where the configuration is to be; default: the current folder
      --force             move what is there aside, as NAME.before-TIME
      --original-places   what lay outside the folder of the configuration goes back there;
                          else into DIR/outside
      --json              the outcome as JSON

examples:
  certgate restore --dir /etc/certgate --original-places /backup/certgate-2026-11-30
`,
  async run(args, terminal) {
    const flag = { type: 'boolean' } as const
    const spec = { dir: { type: 'string' }, force: flag, 'original-places': flag, json: flag } as const
    const { flags, positionals } = parseArguments('restore', args, spec, { min: 1, max: 1, names: 'FOLDER' })
    const to = resolve(terminal.cwd, flags.dir ?? '.')
    const restored = await restoreBackup({
      folder: resolve(terminal.cwd, positionals[0] ?? ''),
      to,
      force: flags.force,
      originalPlaces: flags['original-places'],
      actor: commandActor(),
      now: Date.now(),
      assertStopped: (manifest) => assertStopped(manifest, to, terminal),
    })
    terminal.out(flags.json ? `${JSON.stringify(restored, null, 2)}\n` : restoredText(restored, to, terminal))
    return 0
  },
}

/** By the socket of the configuration that is there now. The store's own lock tells of a gateway that has none. */
async function assertStopped({ config }: Manifest, to: string, terminal: Terminal): Promise<void> {
  const file = join(to, config)
  const socket = existsSync(file) ? socketIfKnown(file, terminal) : null
  if (socket === null) return
  try {
    await askApi(socket, { method: 'GET', path: '/status' })
  } catch (error) {
    if (nobodyListens(error)) return
    throw error
  }
  throw new CertgateError('store_locked', `a gateway is running on ${shortPath(file, terminal.cwd)}`, { hint: 'stop it first' })
}

/** A configuration that cannot be read is what one restores from a backup for. */
function socketIfKnown(config: string, terminal: Terminal): string | null {
  try {
    return socketOf({ config, socket: undefined }, terminal)
  } catch (error) {
    if (error instanceof ConfigError) return null
    throw error
  }
}

function restoredText({ manifest, files, movedAside, misplaced }: Restored, to: string, terminal: Terminal): string {
  const { bold, yellow } = styles(terminal)
  const short = (path: string) => printable(shortPath(path, terminal.cwd))
  const config = shellWord(shortPath(join(to, manifest.config), terminal.cwd))
  const lines = [
    `restored ${files.length} files of ${manifest.created_at.replace(/\.\d+Z$/, 'Z')} into ${bold(short(to))}`,
    ...movedAside.map((path) => `  moved aside: ${short(path)}`),
    ...misplaced.map(({ from, to: place }) => `  ${yellow('not in its place')}: ${short(from)} belongs to ${printable(place)}`),
    `next: ${bold(`${programName(terminal)} check --config ${config}`)}`,
  ]
  return `${lines.join('\n')}\n`
}

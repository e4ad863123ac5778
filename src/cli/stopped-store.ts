import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { inspectConfig } from '../config/load.ts'
import { nobodyListens } from '../control/administration/api-client.ts'
import { CertgateError, ConfigError } from '../errors.ts'
import { AuditLog } from '../store/audit-log.ts'
import { Connection } from '../store/connection.ts'
import { assertOurs } from '../store/migrate.ts'
import { Administration, type AdministrationFlags } from './administration.ts'
import type { Terminal } from './command.ts'
import { configFile } from './config-file.ts'
import { cannotRead } from './named-file.ts'
import { socketOf } from './running.ts'
import { shortPath } from './short-path.ts'

const BUSY_TIMEOUT = 5000

export interface StoreFlags extends AdministrationFlags {
  readonly store: string | undefined
}

export const STORE_FLAG = { store: { type: 'string' } } as const
export const STORE_USAGE = '      --store FILE        read this store itself, e.g. the one in a backup'

/**
 * Asks the running gateway, or reads the store of a stopped one, which is only opened for reading. Its configuration may be broken: only
 * the store that it names counts.
 */
export async function askOrRead<T>(
  flags: StoreFlags,
  terminal: Terminal,
  ask: (administration: Administration) => Promise<T>,
  read: (audit: AuditLog) => Promise<T>,
): Promise<T> {
  if (flags.store !== undefined) return withAudit(resolve(terminal.cwd, flags.store), flags.store, read)
  const socket = socketOf(flags, terminal)
  try {
    return await ask(new Administration(socket, null))
  } catch (error) {
    const isAlone = flags.socket !== undefined && flags.config === undefined
    if (isAlone || !nobodyListens(error)) throw error
  }
  const file = storeOf(flags.config, terminal)
  return withAudit(file, shortPath(file, terminal.cwd), read)
}

/** The store that a configuration means, right or not in all else. Throws ConfigError where that cannot be told. */
export function storeOf(config: string | undefined, terminal: Pick<Terminal, 'cwd' | 'env'>): string {
  const { settings, problems } = inspectConfig(configFile(config, terminal), { env: terminal.env })
  const doubts = problems.filter(({ path, severity }) => path === 'store.sqlite' && severity === 'error')
  if (doubts.length > 0) throw new ConfigError(doubts)
  if (settings.store?.kind === 'sqlite') return settings.store.file
  throw new CertgateError('io_failed', 'the configuration names no store in a file')
}

async function withAudit<T>(file: string, name: string, read: (audit: AuditLog) => Promise<T>): Promise<T> {
  try {
    statSync(file)
  } catch (error) {
    throw cannotRead(name, error)
  }
  const connection = new Connection(file, { busyTimeout: BUSY_TIMEOUT, readOnly: true })
  try {
    if (assertOurs(connection) === 0) throw new CertgateError('store_corrupt', `store ${file} is empty`)
    return await read(new AuditLog(connection, Date.now))
  } finally {
    connection.close()
  }
}

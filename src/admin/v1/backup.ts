import { isAbsolute, normalize } from 'node:path'
import type { Settings } from '../../config/settings.ts'
import { actionProblem } from '../../policy/granting.ts'
import type { Store } from '../../store/store.ts'
import { makeBackup } from '../backup/backup.ts'
import { backupSources } from '../backup/sources.ts'
import type { ApiHandler, ApiRequest, ApiResponse } from '../types.ts'

export interface BackupDependencies {
  readonly store: Store
  /** In force. */
  settings(): Pick<Settings, 'file' | 'directory' | 'watchedFiles'>
  /** Of the program. */
  readonly version: string
  now(): number
}

/**
 * `POST /api/v1/backup {folder}`: makes a backup in a folder of this machine. Only on the local socket: whoever asks from elsewhere
 * could have files written. Throws as `makeBackup`.
 */
export function backupHandler({ store, settings, version, now }: BackupDependencies): ApiHandler {
  return async (request) => {
    if (request.path !== '/api/v1/backup') return null
    if (request.method !== 'POST') return problem(405, 'method_not_allowed', 'only POST is known here', { Allow: 'POST' })
    if (request.caller.via !== 'socket')
      return problem(403, 'socket_only', 'backups are made on the machine itself: certgate backup FOLDER')
    const refused = actionProblem(request.caller.rights.clearance, 'policy')
    if (refused !== null) return problem(403, refused.code, refused.detail)
    const folder = folderOf(request)
    if (folder === null) return problem(400, 'invalid_request', '`folder` has to be an absolute path')
    const current = settings()
    if (!isAbsolute(current.file)) return problem(409, 'no_configuration', 'this gateway runs on flags and has no configuration to back up')
    const sources = backupSources(current)
    const manifest = await makeBackup({ folder, sources, store, actor: request.caller.actor, version, now: now() })
    const body = `${JSON.stringify({ folder, ...manifest })}\n`
    return { status: 201, headers: { 'Content-Type': 'application/json; charset=utf-8' }, body }
  }
}

function folderOf({ body }: ApiRequest): string | null {
  try {
    const { folder } = JSON.parse(body.toString()) as { folder?: unknown }
    if (typeof folder !== 'string' || !isAbsolute(folder) || folder.includes('\0')) return null
    return normalize(folder).replace(/(.)\/+$/, '$1')
  } catch {
    return null
  }
}

function problem(status: number, code: string, detail: string, headers: Readonly<Record<string, string>> = {}): ApiResponse {
  const body = { type: `urn:certgate:admin:${code}`, title: detail, status, detail, code }
  return { status, headers: { 'Content-Type': 'application/problem+json', ...headers }, body: `${JSON.stringify(body)}\n` }
}

import { isAbsolute, normalize } from 'node:path'
import { actionProblem } from '../../policy/granting.ts'
import { json } from '../answers.ts'
import { makeBackup } from '../backup/backup.ts'
import { backupSources } from '../backup/sources.ts'
import type { AdministrationContext } from '../context.ts'
import { AdminProblem, malformed, refusedBy } from '../problem.ts'
import type { ApiHandler, ApiRequest } from '../types.ts'

/**
 * `POST /api/v1/backup {folder}`: makes a backup in a folder of this machine. Only on the local socket: whoever asks from elsewhere
 * could have files written. Throws as `makeBackup`.
 */
export function backupV1({ store, inForce, now }: AdministrationContext): ApiHandler {
  return async (request) => {
    if (request.path !== '/api/v1/backup') return null
    if (request.method !== 'POST') throw new AdminProblem(405, 'method_not_allowed', 'only POST is known here', { allow: ['POST'] })
    if (request.caller.via !== 'socket')
      throw new AdminProblem(403, 'socket_only', 'a backup is made on the machine itself', { hint: 'certgate backup FOLDER' })
    const refused = actionProblem(request.caller.rights.clearance, 'policy')
    if (refused !== null) throw refusedBy(refused)
    const folder = folderOf(request)
    if (folder === null) throw malformed('folder is not an absolute path')
    const { settings } = inForce()
    if (!isAbsolute(settings.file))
      throw new AdminProblem(409, 'no_configuration', 'this gateway runs on flags: there is no configuration to back up')
    const sources = backupSources(settings)
    const manifest = await makeBackup({ folder, sources, store, actor: request.caller.actor, now: now() })
    return json(201, { folder, ...manifest })
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

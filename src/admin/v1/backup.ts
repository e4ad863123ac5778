import { isAbsolute, normalize } from 'node:path'
import { json } from '../answers.ts'
import { makeBackup } from '../backup/backup.ts'
import { backupSources } from '../backup/sources.ts'
import type { AdministrationContext } from '../context.ts'
import { Fields } from '../fields.ts'
import { mayDo, refuse } from '../permission.ts'
import { AdminProblem, malformed } from '../problem.ts'
import { type RoutedHandler, routeTable } from '../route-table.ts'
import type { ApiRequest, ApiResponse } from '../types.ts'

const ROOT = '/api/v1/backup'

/**
 * `POST /api/v1/backup {folder}`: makes a backup in a folder of this machine. Only on the local socket: whoever asks from elsewhere
 * could have files written. Throws as `makeBackup`.
 */
export function backupV1(context: AdministrationContext): RoutedHandler {
  return routeTable([{ method: 'POST', path: ROOT, answer: (request) => backup(context, request) }], { strict: true })
}

async function backup(context: AdministrationContext, { caller, body }: ApiRequest): Promise<ApiResponse> {
  const deed = { action: 'store.backup', target: null }
  mayDo(context, caller, 'policy', deed)
  if (caller.via !== 'socket')
    refuse(
      context,
      caller,
      deed,
      new AdminProblem(403, 'socket_only', 'a backup is made on the machine itself', { hint: 'certgate backup FOLDER' }),
    )
  const folder = absolute(Fields.of(body, ['folder']).text('folder'))
  const { settings } = context.inForce()
  if (!isAbsolute(settings.file))
    throw new AdminProblem(409, 'no_configuration', 'this gateway runs on flags: there is no configuration to back up')
  const sources = backupSources(settings)
  const manifest = await makeBackup({ folder, sources, store: context.store, actor: caller.actor, now: context.now() })
  return json(201, { folder, ...manifest })
}

function absolute(folder: string): string {
  if (!isAbsolute(folder) || folder.includes('\0')) throw malformed('folder is not an absolute path')
  return normalize(folder).replace(/(.)\/+$/, '$1')
}

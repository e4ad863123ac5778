import { join } from 'node:path'
import type { ApiHandler } from '../../src/admin/types.ts'
import { openAdminSocket } from '../../src/control/administration/socket.ts'
import { type Administration, administration, type Given } from './administration.ts'
import { temporaryFolder } from './authority.ts'

export interface ServedAdministration extends Administration {
  readonly socket: string
  /** `METHOD /path?query` of what was asked, in this order. */
  readonly asked: string[]
}

/** The administration on a socket, as commands find that of a running gateway. `first` answers before it, null where it does not know. */
export async function servedAdministration(
  t: { after(callback: () => void): void },
  first: ApiHandler = async () => null,
  given: Given = {},
): Promise<ServedAdministration> {
  const made = administration(t, given)
  const { path, remove } = temporaryFolder()
  const asked: string[] = []
  const never = async (): Promise<never> => {
    throw new Error('not asked for here')
  }
  const socket = await openAdminSocket(join(path, 'admin.sock'), {
    status: never,
    reload: never,
    failed: (error) => void made.failures.push(error),
    api: async (request) => {
      asked.push(`${request.method} ${request.path}${request.query.size === 0 ? '' : `?${request.query}`}`)
      return (await first(request)) ?? made.api(request)
    },
  })
  t.after(() => {
    socket.close()
    remove()
  })
  return { ...made, socket: socket.path, asked }
}

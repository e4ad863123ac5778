import { userInfo } from 'node:os'
import { isOsUser, OS_USER_HEADER } from '../admin/os-user.ts'
import type { ApiCall } from '../control/administration/api-client.ts'
import type { Actor } from '../store/types.ts'

interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>
  user(): { readonly username: string; readonly uid: number }
}

const THIS_ONE: Machine = { env: process.env, user: userInfo }

/**
 * Who runs this command, as the audit log is told: nothing proves it, since whoever may open the socket or the files may say anything.
 * undefined: nobody that could stand there.
 */
export function osUser({ env, user }: Machine = THIS_ONE): string | undefined {
  const { username, uid } = known(user)
  const by = uid === 0 ? env.SUDO_USER : undefined
  const whole = by === undefined || by === '' ? username : `${username} (sudo by ${by})`
  return [whole, username].find(isOsUser)
}

/** Who is named in the audit log for what a command does by itself. */
export function commandActor(machine?: Machine): Actor {
  const user = osUser(machine)
  return { name: 'cli', fingerprint: null, ...(user !== undefined && { osUser: user }) }
}

/** The same call, saying who makes it. */
export function withOsUser(call: ApiCall, machine?: Machine): ApiCall {
  const headers = osUserHeaders(machine)
  return OS_USER_HEADER in headers ? { ...call, headers: { ...call.headers, ...headers } } : call
}

/** For a question on the local socket. */
export function osUserHeaders(machine?: Machine): Readonly<Record<string, string>> {
  const user = osUser(machine)
  return user === undefined ? {} : { [OS_USER_HEADER]: encodeURIComponent(user) }
}

/** A process may run as a number that nobody has. */
function known(user: Machine['user']): { readonly username: string; readonly uid: number } {
  try {
    return user()
  } catch {
    const uid = process.getuid?.() ?? -1
    return { username: `uid ${uid}`, uid }
  }
}

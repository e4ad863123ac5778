import { connect } from 'node:net'
import { getSystemErrorMap } from 'node:util'
import { parseTarget } from '../config/address.ts'
import type { UpstreamTarget } from '../config/settings.ts'
import { InvalidValue } from '../config/shape.ts'
import { UsageError } from '../errors.ts'

/** Milliseconds. */
const PATIENCE = 2_000

/** What is to stand behind, as the configuration has it. Throws UsageError, which begins with `what`. */
export function upstreamTarget(what: string, text: string, resolvePath: (path: string) => string): UpstreamTarget {
  try {
    return parseTarget(text, resolvePath)
  } catch (error) {
    if (error instanceof InvalidValue) throw new UsageError(`${what}${error.message}`, error.hint)
    throw error
  }
}

/** Whether something accepts connections there: null, or a warning. It may well be started later. */
export async function upstreamWarning(target: UpstreamTarget): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>()
  const socket = connect(target.kind === 'unix' ? { path: target.path } : { host: target.host, port: target.port })
  const timer = setTimeout(() => resolve(`no answer in ${PATIENCE / 1000} seconds`), PATIENCE)
  socket.once('connect', () => resolve(null)).once('error', (error: NodeJS.ErrnoException) => resolve(reason(error)))
  try {
    const why = await promise
    return why === null ? null : `nothing answers at ${target.url} (${why}): requests get 502 until something does`
  } finally {
    clearTimeout(timer)
    socket.on('error', () => {}).destroy()
  }
}

function reason(error: NodeJS.ErrnoException): string {
  const known = [...getSystemErrorMap().values()].find(([code]) => code === error.code)
  return known?.[1] ?? error.code ?? 'no connection'
}

import { mkdirSync, statSync, unlinkSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { localCaller } from '../../admin/offline.ts'
import { OS_USER_HEADER, osUserIn } from '../../admin/os-user.ts'
import type { Api } from '../../admin/router.ts'
import { CertgateError } from '../../errors.ts'
import { limitPipelining } from '../../observability/pipelining.ts'
import type { Actor } from '../../store/types.ts'
import type { ReloadReport, Status } from '../status.ts'
import { carry, isPath } from './http.ts'

export interface AdminHandlers {
  status(): Promise<Status>
  /** `workers`: also replace every worker process by a new one. */
  reload(by: Actor, workers: boolean): Promise<ReloadReport>
  /** Everything else: the administration. */
  readonly api: Api
  /** One of them rejected; whoever asked is told the message alone, with status 500. */
  failed(error: unknown): void
}

export interface AdminSocket {
  readonly path: string
  /** Stops answering and removes the file, unless somebody else has put theirs there. */
  close(): void
}

/** sockaddr_un holds 108 bytes on Linux and 104 elsewhere, one of them the final zero. */
const longestPath = process.platform === 'linux' ? 107 : 103

/**
 * Answers HTTP on a Unix socket that only this user may open. A file left behind by a control that is gone is replaced; where one
 * answers, this throws CertgateError `address_unavailable`.
 */
export async function openAdminSocket(path: string, handlers: AdminHandlers): Promise<AdminSocket> {
  if (Buffer.byteLength(path) > longestPath) {
    throw new CertgateError(
      'address_unavailable',
      `admin socket ${path}: the path is longer than the ${longestPath} bytes the system allows`,
      {
        hint: 'set admin.socket to a shorter path',
      },
    )
  }
  await removeStale(path)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const server = createServer(limitPipelining((request, response) => void answer(request, response, handlers)))
  await listen(server, path)
  // Nothing is left to be done for a connection that could not be accepted: it is asked again.
  server.on('error', () => {})
  const { ino } = statSync(path)
  return {
    path,
    close: () => {
      // An answer that is under way is still given. Closing removes the file by its name, whoever's it is by now.
      if (isStillOurs(path, ino)) server.close()
      else server.unref()
      server.closeIdleConnections()
    },
  }
}

/** The mode is set by the umask while the file is made: there is no moment in which others could connect. */
function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(unusable(path, cause)))
    const umask = process.umask(0o177)
    try {
      server.listen(path, resolve)
    } finally {
      process.umask(umask)
    }
  })
}

async function removeStale(path: string): Promise<void> {
  const outcome = await knock(path)
  if (outcome === 'absent') return
  if (outcome === 'answers') {
    throw new CertgateError('address_unavailable', `another certgate already answers on ${path}`, {
      hint: "'certgate status' tells how it is; another gateway needs a store and an admin.socket of its own",
    })
  }
  try {
    if (!statSync(path).isSocket()) {
      throw new CertgateError('address_unavailable', `admin socket ${path}: a file that is no socket is in the way`)
    }
    unlinkSync(path)
  } catch (cause) {
    if (cause instanceof CertgateError) throw cause
    throw unusable(path, cause as NodeJS.ErrnoException)
  }
}

/** Whether anybody answers there. Anything but a plain refusal counts as an answer: a live socket is never taken away. */
function knock(path: string): Promise<'absent' | 'refuses' | 'answers'> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve('answers')
    })
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ENOENT') resolve('absent')
      else resolve(code === 'ECONNREFUSED' || code === 'ENOTSOCK' ? 'refuses' : 'answers')
    })
  })
}

function isStillOurs(path: string, ino: number): boolean {
  try {
    return statSync(path).ino === ino
  } catch {
    return true
  }
}

const unusable = (path: string, cause: NodeJS.ErrnoException) =>
  new CertgateError('address_unavailable', `admin socket ${path}: ${cause.code ?? cause.message}`, { cause })

async function answer(request: IncomingMessage, response: ServerResponse, handlers: AdminHandlers): Promise<void> {
  try {
    const target = request.url ?? ''
    if (!isPath(target)) {
      respond(response, 400, { error: 'the request target is malformed' })
      return
    }
    const url = new URL(target, 'http://admin')
    const asked = `${request.method} ${url.pathname}`
    if (asked === 'GET /status') respond(response, 200, await handlers.status())
    else {
      const osUser = osUserIn(request.headers[OS_USER_HEADER])
      if (asked !== 'POST /reload') response.shouldKeepAlive = false
      if (osUser === null) respond(response, 400, { error: `${OS_USER_HEADER} is no name of a user` })
      else if (asked === 'POST /reload')
        respond(response, 200, await handlers.reload(localCaller(osUser).actor, url.searchParams.get('workers') === 'true'))
      else await carry(request, response, () => localCaller(osUser), handlers.api)
    }
  } catch (error) {
    // Whoever asked has gone.
    if (response.destroyed) return
    handlers.failed(error)
    respond(response, 500, { error: error instanceof Error ? error.message : String(error) })
  }
}

function respond(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return
  // What was begun is broken off: left open it would be waited for, and ended it would pass for whole.
  if (response.headersSent) {
    response.destroy()
    return
  }
  const text = `${JSON.stringify(body)}\n`
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), connection: 'close' })
  response.end(text)
}

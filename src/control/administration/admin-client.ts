import { type ClientRequest, request } from 'node:http'
import { CertgateError } from '../../errors.ts'
import type { ReloadReport, Status } from '../status.ts'
import { giveUpOnSilence, type Patience } from './answering.ts'

/** Asks the running certgate how it is. Throws CertgateError `not_running` where nobody answers on the socket. */
export async function askStatus(socket: string, patience?: Patience): Promise<Status> {
  return (await ask(socket, 'GET', '/status', patience)) as Status
}

/** Tells it to load its configuration again and waits for what came of it; `headers` say who asks. Throws CertgateError `not_running`. */
export async function askReload(socket: string, workers: boolean, headers: Headers = {}): Promise<ReloadReport> {
  return (await ask(socket, 'POST', workers ? '/reload?workers=true' : '/reload', undefined, headers)) as ReloadReport
}

type Headers = Readonly<Record<string, string>>

async function ask(socketPath: string, method: string, path: string, patience?: Patience, headers: Headers = {}): Promise<object> {
  const { status, text } = await exchange(
    request({ socketPath, method, path, headers: { ...headers, host: 'admin' } }),
    socketPath,
    patience,
  )
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch (cause) {
    throw new CertgateError('not_running', `what answers on ${socketPath} is not certgate`, { cause })
  }
  if (status === 200 && typeof body === 'object' && body !== null) return body
  const why = typeof body === 'object' && body !== null && 'error' in body ? String(body.error) : `status ${status}`
  throw new CertgateError('io_failed', `the running certgate could not answer: ${why}`)
}

function exchange(sent: ClientRequest, socketPath: string, patience?: Patience): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', (cause) => reject(notRunning(socketPath, cause)))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
    })
    giveUpOnSilence(socketPath, sent, patience)
    sent.on('error', (cause) => reject(notRunning(socketPath, cause)))
    sent.end()
  })
}

/** Why nobody could be asked, in words; the cause keeps the system's code. */
export function notRunning(socketPath: string, cause: NodeJS.ErrnoException): CertgateError {
  if (cause instanceof CertgateError) return cause
  switch (cause.code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new CertgateError('not_running', `certgate is not running: nobody answers on ${socketPath}`, {
        hint: "start it with 'certgate serve', or name its configuration with --config",
        cause,
      })
    case 'EACCES':
    case 'EPERM':
      return new CertgateError('not_running', `${socketPath} may not be opened by this user`, {
        hint: 'run this as the user that runs certgate',
        cause,
      })
    case 'ECONNRESET':
      return new CertgateError('not_running', 'the running certgate ended before it answered', { cause })
    default:
      return new CertgateError('not_running', `cannot ask on ${socketPath}: ${cause.code ?? cause.message}`, { cause })
  }
}

import { type ApiAnswer, type ApiCall, askApi, nobodyListens } from '../control/administration/api-client.ts'
import { CertgateError } from '../errors.ts'
import type { Terminal } from './command.ts'
import { type OfflineGateway, openOffline } from './offline.ts'
import { withOsUser } from './os-user.ts'
import { printable } from './printable.ts'
import { socketOf } from './running.ts'

/** Flags of every command that administers. */
export const ADMINISTRATION_FLAGS = {
  config: { type: 'string', short: 'c' },
  socket: { type: 'string' },
  json: { type: 'boolean' },
} as const

/** Their lines in `--help`. */
export const ADMINISTRATION_USAGE = `  -c, --config FILE   of the gateway, running or stopped; default: certgate.yml
      --socket FILE   the admin socket of a running one itself
      --json          the answer as JSON`

export interface AdministrationFlags {
  readonly config: string | undefined
  readonly socket: string | undefined
}

/** The administration's refusal, as it was answered. */
export class AdministrationError extends CertgateError {
  readonly status: number
  /** Its code in problem JSON; '' where the answer had none. */
  readonly problem: string

  constructor(status: number, problem: string, message: string, hint: string | undefined) {
    super('admin_refused', message, hint === undefined ? {} : { hint })
    this.status = status
    this.problem = problem
  }
}

/**
 * The administration of a gateway: asked on the admin socket where it runs, else in this process on its files. All calls throw
 * AdministrationError for a refusal, with the words of the administration.
 */
export class Administration {
  readonly #socket: string | null
  readonly #open: (() => Promise<OfflineGateway>) | null
  #offline: OfflineGateway | null = null

  /** `socket` null: only on the files. `open` null: only where it runs. */
  constructor(socket: string | null, open: (() => Promise<OfflineGateway>) | null) {
    this.#socket = socket
    this.#open = open
  }

  /** No gateway was there to be told: a change is in force once it starts. Known after the first call. */
  get stopped(): boolean {
    return this.#offline !== null
  }

  async get<T>(path: string): Promise<T> {
    return (await this.getTagged<T>(path)).value
  }

  /** With its ETag; null: it has none. */
  async getTagged<T>(path: string): Promise<{ readonly value: T; readonly tag: string | null }> {
    const answer = await this.#ask({ method: 'GET', path })
    return { value: await jsonOf(answer), tag: answer.headers.get('etag') ?? null }
  }

  /** What is answered without a body is undefined. `seen`: the ETag of what it was decided on; refused with 412 where that was changed since. */
  async send<T>(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object, seen: string | null = null): Promise<T> {
    const call = jsonCall(method, path, body)
    return jsonOf(await this.#ask(seen === null ? call : { ...call, headers: { ...call.headers, 'if-match': seen } }))
  }

  async download(
    method: 'GET' | 'POST',
    path: string,
    body?: object,
  ): Promise<{ readonly headers: ApiAnswer['headers']; readonly bytes: Buffer }> {
    const answer = await this.#ask(jsonCall(method, path, body))
    return { headers: answer.headers, bytes: await bytesOf(answer) }
  }

  /** As it comes. */
  async stream(path: string): Promise<AsyncIterable<Uint8Array>> {
    return (await this.#ask({ method: 'GET', path })).body
  }

  close(): void {
    this.#offline?.close()
  }

  async #ask(call: ApiCall): Promise<ApiAnswer> {
    const answer = await this.#deliver(call)
    if (answer.status >= 200 && answer.status < 300) return answer
    throw refusal(answer.status, (await bytesOf(answer)).toString())
  }

  async #deliver(call: ApiCall): Promise<ApiAnswer> {
    if (this.#offline !== null) return this.#offline.ask(call)
    if (this.#socket !== null) {
      try {
        return await askApi(this.#socket, withOsUser(call))
      } catch (error) {
        // Only where nothing was sent: what broke off may have been done.
        if (this.#open === null || !nobodyListens(error)) throw error
      }
    }
    if (this.#open === null) throw new TypeError('neither a socket nor files to ask')
    this.#offline = await this.#open()
    return this.#offline.ask(call)
  }
}

/** Runs `use` on the administration that the flags name, and closes it after. */
export async function administer(
  flags: AdministrationFlags,
  terminal: Terminal,
  use: (administration: Administration) => Promise<number>,
): Promise<number> {
  const administration = new Administration(socketOf(flags, terminal), openerOf(flags, terminal))
  try {
    return await use(administration)
  } finally {
    administration.close()
  }
}

/** A socket by itself says nothing of the files behind it. */
function openerOf({ config, socket }: AdministrationFlags, terminal: Terminal): (() => Promise<OfflineGateway>) | null {
  return socket !== undefined && config === undefined ? null : () => openOffline(config, terminal)
}

function jsonCall(method: string, path: string, body: object | undefined): ApiCall {
  if (body === undefined) return { method, path }
  return { method, path, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

async function bytesOf({ body }: ApiAnswer): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function jsonOf<T>(answer: ApiAnswer): Promise<T> {
  const text = (await bytesOf(answer)).toString()
  if (text === '') return undefined as T
  try {
    return JSON.parse(text) as T
  } catch (cause) {
    throw new CertgateError('not_running', 'what answers is not the administration of certgate', { cause })
  }
}

function refusal(status: number, text: string): AdministrationError {
  const { detail, title, error, hint, code } = fieldsOf(text)
  const message = detail ?? title ?? error ?? (status === 404 ? 'the running certgate does not know this' : `status ${status} was answered`)
  const advice = hint ?? (status === 404 && code === undefined ? 'is it an older version? see certgate status' : undefined)
  return new AdministrationError(status, code ?? '', printable(message), advice === undefined ? undefined : printable(advice))
}

function fieldsOf(text: string): Partial<Record<'detail' | 'title' | 'error' | 'hint' | 'code', string>> {
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body !== 'object' || body === null) return {}
    return Object.fromEntries(Object.entries(body).filter(([, value]) => typeof value === 'string' && value !== ''))
  } catch {
    return {}
  }
}

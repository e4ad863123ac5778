import { setTimeout } from 'node:timers/promises'
import { AuthorityService } from '../admin/authority-service.ts'
import type { AdministrationContext } from '../admin/context.ts'
import { localCaller, openOffline as openApi } from '../admin/offline.ts'
import { AdminProblem } from '../admin/problem.ts'
import type { ApiResponse } from '../admin/types.ts'
import type { ApiAnswer, ApiCall } from '../control/administration/api-client.ts'
import { CertgateError } from '../errors.ts'
import { compilePolicy } from '../policy/policy.ts'
import { isStoreInUse } from '../store/in-use.ts'
import { openStore } from '../store/store.ts'
import type { Terminal } from './command.ts'
import { configFile } from './config-file.ts'
import { loadSnapshot } from './load-snapshot.ts'
import { osUser } from './os-user.ts'

/** Five seconds, as the store itself waits for others. */
const TRIES = 100
/** Milliseconds. */
const BETWEEN_TRIES = 50

/** The administration of a gateway that is stopped, in this process. */
export interface OfflineGateway {
  ask(call: ApiCall): Promise<ApiAnswer>
  close(): void
}

/**
 * Works on the files of a gateway that is stopped. Throws ConfigError with every problem of its configuration, `store_locked` where a
 * gateway runs on the store all the same (it would not be told of anything), and what `openStore` throws.
 */
export async function openOffline(config: string | undefined, terminal: Pick<Terminal, 'cwd' | 'env'>): Promise<OfflineGateway> {
  const context = await stoppedContext(config, terminal)
  const faults: unknown[] = []
  const api = openApi(context, (error) => faults.push(error), localCaller(osUser()))
  return {
    close: api.close,
    async ask({ method, path, headers = {}, body = '' }) {
      // Signed in time by a gateway that runs; here by whoever asks.
      if (path.startsWith('/api/v1/ca')) context.authorityService()?.publishCrls()
      const answer = await api.handle({ method, target: path, headers: new Map(Object.entries(headers)), body: Buffer.from(body) })
      // There is no log to look into: the fault itself is told.
      const [fault] = faults.splice(0)
      if (fault !== undefined) throw fault
      return answerOf(answer)
    },
  }
}

/** What a gateway with this configuration would work on. */
async function stoppedContext(config: string | undefined, terminal: Pick<Terminal, 'cwd' | 'env'>): Promise<AdministrationContext> {
  const snapshot = await loadSnapshot(config, terminal)
  const { settings, mapping, users, listeners } = snapshot
  const policy = compilePolicy(settings, mapping, listeners.values())
  if (settings.store?.kind !== 'sqlite') throw new CertgateError('io_failed', 'the configuration names no store in a file')
  const { file } = settings.store
  if (await staysInUse(file)) {
    throw new CertgateError('store_locked', `${file} is in use: a gateway runs on it, and does not answer on its admin socket`, {
      hint: 'name that socket with --socket, or restart it: then it opens the one of this configuration',
    })
  }
  const store = openStore(file)
  const unchanged = async () => ({ outcome: 'unchanged', message: 'no gateway is running', problems: [] }) as const
  const authority = new AuthorityService({ store, reload: unchanged, now: Date.now }, settings.authority)
  return {
    store,
    inForce: () => ({ settings, mapping, users, policy, listeners }),
    authority: () => authority.authority(),
    authorityService: () => authority,
    // Nobody has to be told.
    published: async () => {},
    reload: unchanged,
    status: async () => ({ state: 'stopped', config_file: configFile(config, terminal) }),
    overview: async () => {
      throw new AdminProblem(409, 'not_running', 'no gateway is running')
    },
    announce: () => {},
    knownStatus: null,
    now: Date.now,
  }
}

/** Another command is done in a moment; a gateway stays. */
async function staysInUse(file: string): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries++) {
    if (!isStoreInUse(file)) return false
    await setTimeout(BETWEEN_TRIES)
  }
  return true
}

function answerOf({ status, headers, body }: ApiResponse): ApiAnswer {
  const names = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  return { status, headers: names, body: chunksOf(body) }
}

async function* chunksOf(body: ApiResponse['body']): AsyncGenerator<Uint8Array, void, undefined> {
  if (body === null) return
  if (typeof body === 'string') yield Buffer.from(body)
  else if (body instanceof Uint8Array) yield body
  else for await (const text of body) yield Buffer.from(text)
}

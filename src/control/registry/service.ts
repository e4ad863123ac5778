import { statSync } from 'node:fs'
import type { StoreSettings } from '../../config/settings.ts'
import type { Logger } from '../../observability/logger.ts'
import { StoreError } from '../../store/failure.ts'
import { ServingLock } from '../../store/serving-lock.ts'
import { openStore, type Store } from '../../store/store.ts'
import { type PublisherOptions, RegistryPublisher } from './publisher.ts'
import { RegistrySightings } from './sightings.ts'
import { StoreWatch } from './store-watch.ts'

/** Milliseconds between two looks at whether the store is there. */
const WATCH_INTERVAL = 250

/** The store of a running gateway, and what keeps control and workers as it is. */
export interface RegistryService {
  readonly store: Store
  readonly publisher: RegistryPublisher
  readonly sightings: RegistrySightings
  readonly watch: StoreWatch
  /** To be called once no worker is left. */
  close(): void
}

/**
 * Opens the store, an empty one where there is none. Rejects with StoreError, also where another gateway serves from it, or what keeps the base from being written: without a
 * registry nothing is served, as it might say that somebody is revoked. null: none is configured, none is there, and none can be made at
 * the default place: nobody can have been registered.
 */
export async function openRegistryService(
  settings: StoreSettings,
  log: Logger,
  pool: PublisherOptions['pool'],
  maxStale = () => settings.maxStale,
): Promise<RegistryService | null> {
  const store = open(settings, log)
  if (store === null) return null
  let lock: ServingLock | null = null
  try {
    lock = new ServingLock(store.file)
    const held = lock
    const tell = (level: 'info' | 'warn' | 'error', message: string, fields: Readonly<Record<string, unknown>>) =>
      log[level](fields, message)
    const publisher = await RegistryPublisher.open({ store, pool, log: tell, unreadable: (error) => watch.lose(error) })
    const watch = new StoreWatch({
      store,
      maxStale,
      assertGoesOn: () => publisher.assertGoesOn(),
      caughtUp: () => publisher.published(),
      setStale: (stale) => publisher.setStale(stale),
      log: tell,
      now: () => performance.now(),
    })
    const timer = setInterval(() => void watch.look(), WATCH_INTERVAL).unref()
    const { registry } = publisher
    const sightings = new RegistrySightings({ store, registry, published: () => publisher.published(), log: tell })
    return {
      store,
      publisher,
      sightings,
      watch,
      close: () => {
        clearInterval(timer)
        sightings.close()
        publisher.close()
        store.close()
        held.release()
      },
    }
  } catch (error) {
    store.close()
    lock?.release()
    throw error
  }
}

const NOT_WRITABLE: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS'])

function open({ file, byDefault }: StoreSettings, log: Logger): Store | null {
  try {
    return openStore(file)
  } catch (error) {
    if (!byDefault || !(error instanceof StoreError) || !cannotBeMade(error.cause) || !isAbsent(file)) throw error
    const hint = 'name a file that can be written in store: { sqlite: ... }'
    log.warn({ hint }, `there is no registry of certificates: ${file} cannot be made`)
    return null
  }
}

function cannotBeMade(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && NOT_WRITABLE.has(String(cause.code))
}

/** Surely: where that cannot be seen, something may be there. */
function isAbsent(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) === undefined
  } catch {
    return false
  }
}

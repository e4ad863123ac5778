import type { StoreSettings } from '../config/settings.ts'
import type { Logger } from '../observability/logger.ts'
import { openStore, type Store } from '../store/store.ts'
import { RegistryPublisher } from './registry-publisher.ts'
import { RegistrySightings } from './registry-sightings.ts'
import type { WorkerProcess } from './worker-process.ts'

/** The store of a running gateway, and what keeps control and workers as it is. */
export interface RegistryService {
  readonly store: Store
  readonly publisher: RegistryPublisher
  readonly sightings: RegistrySightings
  /** To be called once no worker is left. */
  close(): void
}

/**
 * Opens the store, an empty one where there is none. Rejects with StoreError or what keeps the base from being written: without a
 * registry nothing is served, as it might say that somebody is revoked.
 */
export async function openRegistryService(
  settings: StoreSettings,
  log: Logger,
  workers: () => readonly WorkerProcess[],
): Promise<RegistryService> {
  const store = openStore(settings.file)
  try {
    const tell = (level: 'info' | 'warn' | 'error', message: string, fields: Readonly<Record<string, unknown>>) =>
      log[level](fields, message)
    const publisher = await RegistryPublisher.open({ store, workers, log: tell })
    const { registry } = publisher
    const sightings = new RegistrySightings({ store, registry, published: () => publisher.published(), log: tell })
    return {
      store,
      publisher,
      sightings,
      close: () => {
        publisher.close()
        store.close()
      },
    }
  } catch (error) {
    store.close()
    throw error
  }
}

import { type OfflineAdministration, openOffline } from '../admin/offline.ts'
import { CertgateError, ConfigError } from '../errors.ts'
import { openStore } from '../store/store.ts'
import { administrationOf } from './administration.ts'
import { authorityBeside } from './interim-authority.ts'
import { loadConfiguration } from './load.ts'

/**
 * The administration of a gateway that does not run, over its files as it would start with them. Rejects with ConfigError and every problem
 * where it would not start, and with StoreError where the store cannot be opened. Close it.
 */
export async function openStopped(configFile: string): Promise<OfflineAdministration> {
  const result = await loadConfiguration({ kind: 'file', file: configFile })
  if (!result.ok) throw new ConfigError(result.problems)
  const { snapshot } = result
  const { store: settings } = snapshot.settings
  if (settings === null) throw new CertgateError('not_running', 'this configuration keeps no store of certificates')
  const store = openStore(settings.file)
  const authority = authorityBeside(snapshot.settings)
  const context = administrationOf({
    store,
    snapshot: () => snapshot,
    authority: () => authority,
    // Nobody serves by it: what is on disk is in force at the next start.
    published: async () => {},
    reload: async () => ({ outcome: 'unchanged', message: 'certgate is not running', problems: [] }),
    status: async () => ({ state: 'stopped', config_file: configFile }),
    announce: () => {},
  })
  const failures: unknown[] = []
  const offline = openOffline(context, (error) => failures.push(error))
  return {
    ...offline,
    /** A command has no log: what went wrong inside is thrown at it. */
    async handle(request) {
      failures.length = 0
      const response = await offline.handle(request)
      const [failure] = failures
      if (failure !== undefined && !(failure instanceof CertgateError)) throw failure
      return response
    },
  }
}

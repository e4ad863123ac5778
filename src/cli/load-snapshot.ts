import { loadConfiguration } from '../control/loading/load.ts'
import { ConfigError } from '../errors.ts'
import type { Snapshot } from '../ipc/messages.ts'
import type { Terminal } from './command.ts'
import { configFile } from './config-file.ts'

/** What serve would run with; `config` is certgate.yml where absent. Throws ConfigError with every problem where it would not start. */
export async function loadSnapshot(config: string | undefined, terminal: Pick<Terminal, 'cwd' | 'env'>): Promise<Snapshot> {
  const result = await loadConfiguration({ kind: 'file', file: configFile(config, terminal) })
  if (!result.ok) throw new ConfigError(result.problems)
  return result.snapshot
}

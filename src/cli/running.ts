import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { YamlDocument } from '../config/document.ts'
import { interpolate } from '../config/interpolate.ts'
import { readConfigText } from '../config/load.ts'
import { Paths } from '../config/paths.ts'
import { Reader } from '../config/reader.ts'
import { readAdmin } from '../config/sections/admin.ts'
import { readStore } from '../config/sections/store.ts'
import { CertgateError, ConfigError } from '../errors.ts'
import type { Terminal } from './command.ts'
import { configFile } from './config-file.ts'

/** Where `--config` and `--socket` say that the running certgate is to be asked. */
export interface RunningFlags {
  readonly config: string | undefined
  readonly socket: string | undefined
}

/**
 * The admin socket of a running certgate. Its configuration may be broken by now (that is when one asks): only the blocks `admin` and
 * `store` have to be readable. Throws ConfigError where nobody can tell.
 */
export function socketOf({ config, socket }: RunningFlags, terminal: Pick<Terminal, 'cwd' | 'env'>): string {
  if (socket !== undefined) return resolve(terminal.cwd, socket)
  const file = configFile(config, terminal)
  const text = readConfigText(file)
  const document = parsed(text, file)
  if (!(document instanceof ConfigError)) return socketFrom(document, terminal.env)
  const likely = likelySocket(text, file, terminal.env)
  if (likely === null) throw document
  return likely
}

/** What is wrong where the text is no YAML. */
function parsed(text: string, file: string): YamlDocument | ConfigError {
  try {
    return new YamlDocument(file, text)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
}

function socketFrom(document: YamlDocument, env: Terminal['env']): string {
  const { file } = document
  const { problems } = interpolate(document, dirname(file), env)
  const reader = new Reader(document)
  const paths = new Paths(dirname(file))
  const admin = readAdmin(reader, paths, readStore(reader, paths))
  const named = document.node(['admin', 'socket']) === undefined ? 'store.sqlite' : 'admin.socket'
  const unresolved = problems.filter(({ path }) => path === named)
  if (unresolved.length > 0) throw new ConfigError(unresolved)
  if (admin !== null) return admin.socket
  // Something else in the block is wrong.
  const written = document.node(['admin', 'socket'])
  if (written?.kind === 'scalar' && typeof written.value === 'string') return resolve(dirname(file), written.value)
  throw new ConfigError(reader.problems)
}

/**
 * Of a text that is no YAML any more: what its `admin` and `store` blocks say by themselves, or the line that it most likely is; where there is
 * no `admin`, the usual place, if there is a socket. Only a question goes there.
 */
function likelySocket(text: string, file: string, env: Terminal['env']): string | null {
  const block = blockOf('admin', text)
  const store = blockOf('store', text) ?? ''
  if (block === null) return likelyDefault(store, file, env)
  const beside = parsed(`${block}\n${store}`, file)
  const document = beside instanceof YamlDocument ? beside : parsed(block, file)
  if (document instanceof YamlDocument) return socketOrNull(document, env)
  const written = /\bsocket:\s*(?:"([^"\n]+)"|'([^'\n]+)'|([^\s#"'{}[\],]+))/.exec(block)
  const path = written?.[1] ?? written?.[2] ?? written?.[3]
  return path === undefined || path.includes('${') ? null : resolve(dirname(file), path)
}

function likelyDefault(store: string, file: string, env: Terminal['env']): string | null {
  const document = parsed(store === '' ? '{}' : store, file)
  const socket = document instanceof YamlDocument ? socketOrNull(document, env) : null
  return socket !== null && existsSync(socket) ? socket : null
}

function socketOrNull(document: YamlDocument, env: Terminal['env']): string | null {
  try {
    return socketFrom(document, env)
  } catch (error) {
    if (error instanceof CertgateError) return null
    throw error
  }
}

/** From the key to the line before the next key of the same depth. */
function blockOf(key: 'admin' | 'store', text: string): string | null {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => line.startsWith(key) && /^\s*:/.test(line.slice(key.length)))
  if (start < 0) return null
  const length = lines.slice(start + 1).findIndex((line) => /^[^\s#}]/.test(line))
  return lines.slice(start, length < 0 ? undefined : start + 1 + length).join('\n')
}

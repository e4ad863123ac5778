import { dirname, resolve } from 'node:path'
import { YamlDocument } from '../config/document.ts'
import { interpolate } from '../config/interpolate.ts'
import { readConfigText } from '../config/load.ts'
import { Paths } from '../config/paths.ts'
import { Reader } from '../config/reader.ts'
import { readAdmin } from '../config/sections/telemetry.ts'
import { CertgateError, ConfigError } from '../errors.ts'
import type { Terminal } from './command.ts'

export const DEFAULT_CONFIG = 'certgate.yml'

/** Where `--config` and `--socket` say that the running certgate is to be asked. */
export interface RunningFlags {
  readonly config: string | undefined
  readonly socket: string | undefined
}

/**
 * The admin socket of a running certgate. Its configuration may be broken by now (that is when one asks): only the `admin` block
 * has to be readable. Throws CertgateError `not_running` where there is no such block.
 */
export function socketOf({ config, socket }: RunningFlags, terminal: Pick<Terminal, 'cwd' | 'env'>): string {
  if (socket !== undefined) return resolve(terminal.cwd, socket)
  const file = resolve(terminal.cwd, config ?? DEFAULT_CONFIG)
  const text = readConfigText(file)
  const found = fromBlock(text, file, terminal.env) ?? fromLine(text, file)
  if (found !== null) return found
  throw new CertgateError('not_running', `${file} names no admin socket, so there is nothing to ask on`, {
    hint: 'add an `admin:` block with `socket: data/admin.sock` and restart, or name the socket with --socket',
  })
}

function fromBlock(text: string, file: string, env: Terminal['env']): string | null {
  try {
    const document = new YamlDocument(file, text)
    interpolate(document, dirname(file), env)
    return readAdmin(new Reader(document), new Paths(dirname(file)))?.socket ?? null
  } catch (error) {
    if (error instanceof ConfigError) return null
    throw error
  }
}

/** Not even YAML any more: the line that it most likely is. Nothing but the question is sent there. */
function fromLine(text: string, file: string): string | null {
  const written = /^\s+socket:\s*(?:"([^"\n]+)"|'([^'\n]+)'|([^\s#"'{}[\],]+))\s*(?:#.*)?$/m.exec(text)
  const path = written?.[1] ?? written?.[2] ?? written?.[3]
  return path === undefined ? null : resolve(dirname(file), path)
}

import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { CertgateError } from '../errors.ts'
import { unreadable } from '../regular-file.ts'
import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE } from './administration.ts'
import { type Command, parseArguments } from './command.ts'
import { shortPath } from './short-path.ts'
import { askOrRead, STORE_FLAG, STORE_USAGE } from './stopped-store.ts'

export const auditExportCommand: Command = {
  name: 'audit export',
  summary: 'write the whole audit log as JSON lines',
  usage: `usage: certgate audit export [FILE]

To FILE (mode 0600, nothing is overwritten), or to standard output. Works on the store of a
stopped gateway too. 'certgate audit verify FILE' checks an export anywhere.

${STORE_USAGE}
${ADMINISTRATION_USAGE}

examples:
  certgate audit export audit.jsonl
  certgate audit export | jq -c 'select(.outcome == "refused")'
`,
  async run(args, terminal) {
    const spec = { ...ADMINISTRATION_FLAGS, ...STORE_FLAG } as const
    const { flags, positionals } = parseArguments('audit export', args, spec, { max: 1, names: 'FILE' })
    const [name] = positionals
    const file = name === undefined ? null : resolve(terminal.cwd, name)
    const decoder = new TextDecoder()
    const sink: Sink =
      file === null ? { write: (bytes) => terminal.out(decoder.decode(bytes, { stream: true })) } : newFile(file, terminal.cwd)
    let bytes = 0
    const drain = async (chunks: AsyncIterable<Uint8Array>) => {
      for await (const chunk of chunks) {
        sink.write(chunk)
        bytes += chunk.length
      }
    }
    try {
      await askOrRead(
        flags,
        terminal,
        async (administration) => drain(await administration.stream('/api/v1/audit/export')),
        async (audit) => drain(encoded(audit.export())),
      )
      sink.done?.()
    } catch (error) {
      sink.undo?.()
      throw error
    }
    if (file === null) return 0
    terminal.out(flags.json ? `${JSON.stringify({ file, bytes })}\n` : `wrote ${shortPath(file, terminal.cwd)} (${bytes} bytes)\n`)
    return 0
  },
}

interface Sink {
  write(bytes: Uint8Array): void
  done?(): void
  /** What is not whole is not left. */
  undo?(): void
}

async function* encoded(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const line of lines) yield Buffer.from(`${line}\n`)
}

function newFile(file: string, cwd: string): Sink {
  let descriptor: number
  try {
    descriptor = openSync(file, 'wx', 0o600)
  } catch (cause) {
    const short = shortPath(file, cwd)
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new CertgateError('file_exists', `${short} already exists`, { hint: 'nothing is overwritten: name another file' })
    }
    throw new CertgateError('io_failed', `cannot write ${short}: ${unreadable(cause)}`, { cause })
  }
  return {
    write(bytes) {
      for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at)
    },
    done() {
      fsyncSync(descriptor)
      closeSync(descriptor)
    },
    undo() {
      closeSync(descriptor)
      rmSync(file, { force: true })
    },
  }
}

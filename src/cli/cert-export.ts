import { basename, dirname, resolve } from 'node:path'
import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, administer } from './administration.ts'
import { type Command, parseArguments } from './command.ts'
import { writeNewFiles } from './new-files.ts'
import { shortPath } from './short-path.ts'

export const certExportCommand: Command = {
  name: 'cert export',
  summary: 'write all registered certificates into one PFX file, without keys',
  usage: `usage: certgate cert export FILE

The certificates alone, to be trusted by another gateway: 'certgate cert trust FILE'. Private
keys are not in it: they are kept nowhere. Nothing is overwritten.

${ADMINISTRATION_USAGE}

examples:
  certgate cert export clients.pfx
`,
  async run(args, terminal) {
    const { flags, positionals } = parseArguments('cert export', args, ADMINISTRATION_FLAGS, { min: 1, max: 1, names: 'FILE' })
    const file = resolve(terminal.cwd, positionals[0] ?? '')
    return administer(flags, terminal, async (administration) => {
      const { bytes } = await administration.download('GET', '/api/v1/certificates/export')
      writeNewFiles(dirname(file), [{ path: basename(file), content: bytes, mode: 0o644 }], terminal.cwd, 'name another file')
      const shown = shortPath(file, terminal.cwd)
      terminal.out(flags.json ? `${JSON.stringify({ file, bytes: bytes.length })}\n` : `wrote ${shown} (${bytes.length} bytes)\n`)
      return 0
    })
  },
}

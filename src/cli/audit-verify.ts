import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { CertgateError, UsageError } from '../errors.ts'
import { type ChainVerdict, verifyExport } from '../store/audit-chain.ts'
import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE } from './administration.ts'
import { type Command, parseArguments, type Terminal } from './command.ts'
import { cannotRead } from './named-file.ts'
import { printable } from './printable.ts'
import { askOrRead, STORE_FLAG, STORE_USAGE } from './stopped-store.ts'
import { styles } from './style.ts'

export const auditVerifyCommand: Command = {
  name: 'audit verify',
  summary: 'check that the audit log is as it was written',
  usage: `usage: certgate audit verify [--expected-head HASH] [FILE]

Follows the chain of hashes, of the running gateway, of a stopped one, or of an export. Exit code
1 where an entry was changed, removed or put in. Keep the head elsewhere: only with it, a log that
was cut off or replaced as a whole is noticed.

      --expected-head HASH   a head that was printed earlier, which the log has to contain
${STORE_USAGE}
${ADMINISTRATION_USAGE}

examples:
  certgate audit verify
  certgate audit verify audit.jsonl --expected-head 9f2c...
`,
  async run(args, terminal) {
    const spec = { ...ADMINISTRATION_FLAGS, ...STORE_FLAG, 'expected-head': { type: 'string' } } as const
    const { flags, positionals } = parseArguments('audit verify', args, spec, { max: 1, names: 'FILE' })
    const expectedHead = flags['expected-head']?.toLowerCase()
    if (expectedHead !== undefined && !/^[0-9a-f]{64}$/.test(expectedHead)) {
      throw new UsageError('--expected-head is not a SHA-256 in hex', "it is what 'certgate audit verify' prints as head")
    }
    const [file] = positionals
    if (file !== undefined) return report(await verifyExport(exportedLines(file, terminal.cwd), expectedHead), flags.json, terminal)
    const query = expectedHead === undefined ? '' : `?${new URLSearchParams({ head: expectedHead })}`
    const verdict = await askOrRead(
      flags,
      terminal,
      (administration) => administration.get<ChainVerdict>(`/api/v1/audit/verify${query}`),
      (audit) => audit.verify(expectedHead === undefined ? {} : { expectedHead }),
    )
    return report(verdict, flags.json, terminal)
  },
}

function report(verdict: ChainVerdict, json: boolean, terminal: Terminal): number {
  const { bold, red, green } = styles(terminal)
  if (json) terminal.out(`${JSON.stringify(verdict, null, 2)}\n`)
  else if (verdict.ok) {
    const count = verdict.entries === 1 ? '1 entry' : `${verdict.entries} entries`
    terminal.out(`${bold(green('the audit log is whole'))}: ${count}\nhead  ${verdict.head}\n`)
  } else terminal.out(`${bold(red('the audit log is broken'))} at entry ${verdict.sequence}: ${printable(verdict.problem)}\n`)
  return verdict.ok ? 0 : 1
}

/** Throws CertgateError where the first line is none of an export: a slip of the hand, and not a broken log. */
async function* exportedLines(file: string, cwd: string): AsyncGenerator<string, void, undefined> {
  let isFirst = true
  for await (const line of linesOf(file, cwd)) {
    if (isFirst && line.trim() !== '' && !/^\{.*"sequence":/s.test(line)) throw notAnExport(file)
    if (line.trim() !== '') isFirst = false
    yield line
  }
  if (isFirst) throw notAnExport(file)
}

function notAnExport(file: string): CertgateError {
  return new CertgateError('io_failed', `${file} is not an export of the audit log`, { hint: "'certgate audit export FILE' writes one" })
}

/** Ended by \\n alone: the text of an entry may hold other line ends. */
async function* linesOf(file: string, cwd: string): AsyncGenerator<string, void, undefined> {
  let rest = ''
  for await (const chunk of chunksOf(file, cwd)) {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}

async function* chunksOf(file: string, cwd: string): AsyncGenerator<string, void, undefined> {
  try {
    yield* createReadStream(resolve(cwd, file), { encoding: 'utf8' }) as AsyncIterable<string>
  } catch (error) {
    throw cannotRead(file, error)
  }
}

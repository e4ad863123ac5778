import { spawnSync } from 'node:child_process'
import { join, relative } from 'node:path'
import { type BenchConfig, isWorthRunning, parseConfig, withContenders } from './config.ts'
import { BenchError, WrongUsage } from './lab/errors.ts'
import { Lab } from './lab/lab.ts'
import { describeMachine } from './lab/machine.ts'
import { extendPath, installHint, missingTools, requireTools } from './lab/tools.ts'
import { buildLoad } from './load/build.ts'
import { Generator } from './load/generator.ts'
import type { ContenderFacts, Results } from './outcome.ts'
import { peerNamed } from './peers/index.ts'
import { renderText } from './report/text.ts'
import { writeReport } from './report/write.ts'
import { Suite } from './suite.ts'

const resultsFolder = join(import.meta.dirname, 'results')

/** With the time since the start, in seconds. */
const say = (line: string): void => void process.stderr.write(`${(performance.now() / 1000).toFixed(0).padStart(4)}  ${line}\n`)

/** What is measured of certgate alone, each a program of its own. */
const ALONE: ReadonlyMap<string, string> = new Map([
  ['issuance', 'issuance.ts'],
  ['registry', 'registry-base.ts'],
  ['revocation', 'revocation.ts'],
])
const [first = '', ...others] = process.argv.slice(2)
const alone = ALONE.get(first)
if (alone !== undefined) {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, alone), ...others], { stdio: 'inherit' })
  process.exit(status ?? 1)
}

// The exit status tells of wrong work (1) and wrong usage (2), never of slow work: speed depends on the machine.
try {
  const config = parseConfig(process.argv.slice(2))
  if ('print' in config) process.stdout.write(config.print)
  else process.exitCode = await run(config)
} catch (error) {
  if (!(error instanceof BenchError)) throw error
  process.stderr.write(`bench: ${error.message}${error.hint === null ? '' : `\n  hint: ${error.hint}`}\n`)
  process.exitCode = error instanceof WrongUsage ? 2 : 1
}
process.exit()

async function run(asked: BenchConfig): Promise<number> {
  extendPath()
  requireTools(['taskset', 'nginx', ...(asked.validateOnly ? [] : (['gcc', 'openssl/ssl.h'] as const))])
  const { config, notes } = withoutMissing(asked)
  const lab = await Lab.open()
  const generator = config.validateOnly
    ? null
    : new Generator(buildLoad(join(resultsFolder, 'build')), lab.cores.generators, lab.pki.files, config.connections)
  const suite = new Suite(lab, config, generator, say)
  suite.notes.push(...notes)
  await suite.run()
  if (config.validateOnly) return reportValidation(suite)
  const results = collect(config, suite)
  process.stdout.write(`\n${renderText(results)}\n`)
  for (const file of writeReport(results, resultsFolder, config.json)) say(`wrote ${relative(process.cwd(), file)}`)
  return suite.problems.length === 0 ? 0 : 1
}

/** Peers that are not installed are left out aloud; nginx, the baseline, was required before. */
function withoutMissing(config: BenchConfig): { config: BenchConfig; notes: string[] } {
  const notes: string[] = []
  const contenders = config.contenders.filter((name) => {
    const { needs, title } = peerNamed(name)
    const missing = missingTools(needs)
    if (missing.length > 0) notes.push(`${title} is not installed and left out (${installHint(missing)})`)
    return missing.length === 0
  })
  for (const note of notes) say(`note: ${note}`)
  const cases = config.cases.map((one) => withContenders(one, contenders)).filter(isWorthRunning)
  if (cases.length === 0) throw new WrongUsage('none of these cases is for these contenders', 'npm run bench -- --list')
  return { config: { ...config, contenders, cases }, notes }
}

function reportValidation({ problems }: Suite): number {
  for (const problem of problems) say(`problem: ${problem}`)
  say(problems.length === 0 ? 'every contender does the same work' : `${problems.length} problems`)
  return problems.length === 0 ? 0 : 1
}

function collect(config: BenchConfig, { outcomes, problems, notes, ciphers }: Suite): Results {
  const { repeats, seconds, connections, warmUpRequests } = config
  const contenders = config.contenders.map((name): ContenderFacts => {
    const { title, version } = peerNamed(name)
    return { title, version: version(), cipher: ciphers.get(name) ?? null }
  })
  return {
    date: new Date().toISOString(),
    commit: commit(),
    machine: describeMachine(),
    method: { repeats, seconds, connections, warmUpRequests },
    contenders,
    outcomes,
    problems,
    notes,
  }
}

/** With `+` where files differ from it. */
function commit(): string | null {
  const git = (...args: string[]) => spawnSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' })
  const { status, stdout } = git('rev-parse', '--short', 'HEAD')
  if (status !== 0) return null
  return stdout.trim() + (git('status', '--porcelain', '--untracked-files=no').stdout === '' ? '' : '+')
}

import { loadConfiguration } from '../control/loading/load.ts'
import type { Problem } from '../errors.ts'
import type { Snapshot } from '../ipc/messages.ts'
import { type Command, parseArguments, type Terminal } from './command.ts'
import { configFile } from './config-file.ts'
import { countProblems, diagnostic } from './diagnostics.ts'
import { shortPath } from './report-error.ts'
import { styles } from './style.ts'

/** Every problem with line and snippet: of the configuration, and of every file that it names. */
export const checkCommand: Command = {
  name: 'check',
  summary: 'report every problem of a configuration, with line and snippet',
  usage: `usage: certgate check [--config FILE] [--strict] [--json]

Reads the configuration and every file it names (mapping, users, certificates, keys,
authorities, revocation lists) as serve would, and opens nothing. Exit code 0: serve
would start, warnings are told; 1: it would not. A reload is stricter in one thing: it
refuses a role in 'allow' that no mapping defines, where that is new. --strict takes no
warning at all: what passes it is taken up by a start and by any reload.

  -c, --config FILE   default: certgate.yml
      --strict        exit code 1 for warnings too
      --json          one JSON object for machines

examples:
  certgate check
  certgate check --strict && certgate reload
  certgate check --config /etc/certgate/certgate.yml --json | jq .problems`,
  async run(args, terminal) {
    const { flags } = parseArguments('check', args, {
      config: { type: 'string', short: 'c' },
      strict: { type: 'boolean' },
      json: { type: 'boolean' },
    })
    const file = configFile(flags.config, terminal)
    const result = await loadConfiguration({ kind: 'file', file })
    const problems = inFileOrder(file, result.ok ? result.warnings : result.problems)
    const ok = result.ok && (!flags.strict || problems.length === 0)
    if (flags.json) terminal.out(`${JSON.stringify(jsonReport(file, ok, problems), null, 2)}\n`)
    else terminal.out(textReport(file, problems, ok && result.ok ? result.snapshot : null, terminal))
    return ok ? 0 : 1
  },
}

/** The configuration's own problems first, each file's from top to bottom. */
function inFileOrder(config: string, problems: readonly Problem[]): Problem[] {
  const files = new Set([config, ...problems.map(({ file }) => file)])
  return [...files].flatMap((file) =>
    problems.filter((problem) => problem.file === file).sort((a, b) => a.line - b.line || a.column - b.column),
  )
}

function jsonReport(file: string, ok: boolean, problems: readonly Problem[]) {
  const count = (severity: Problem['severity']) => problems.filter((problem) => problem.severity === severity).length
  return { ok, file, errors: count('error'), warnings: count('warning'), problems }
}

/** `snapshot` is null where serve would not start, or nothing may be odd and something is. */
function textReport(file: string, problems: readonly Problem[], snapshot: Snapshot | null, terminal: Terminal): string {
  const { bold, red, green, yellow } = styles(terminal)
  const blocks = problems.map((problem) => `${diagnostic(problem, terminal)}\n`)
  const name = shortPath(file, terminal.cwd)
  const counts = countProblems(problems)
  if (snapshot === null) return `${blocks.join('')}${bold(red(`${whereWrong(problems, file, terminal)}: ${counts}`))}\n`
  const verdict = bold(green(`${name} is fine`))
  return `${blocks.join('')}${verdict}: ${contents(snapshot)}${counts === '' ? '' : ` (${yellow(counts)})`}\n`
}

/** The one file that they are in, be it the mapping; of several the configuration, which names the others. */
function whereWrong(problems: readonly Problem[], file: string, terminal: Terminal): string {
  const files = new Set(problems.map((problem) => problem.file))
  const [first = file] = files
  return shortPath(files.size === 1 ? first : file, terminal.cwd)
}

function contents({ settings, mapping, users }: Snapshot): string {
  const counts = [
    [settings.listeners.size, 'listener'],
    [settings.upstreams.size, 'upstream'],
    [settings.routes.length, 'route'],
    [mapping.entries.length, 'role'],
    [users.length, 'user'],
  ] as const
  return counts.map(([count, what]) => `${count} ${what}${count === 1 ? '' : 's'}`).join(', ')
}

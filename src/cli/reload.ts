import { askReload } from '../control/administration/admin-client.ts'
import { type Command, parseArguments } from './command.ts'
import { osUserHeaders } from './os-user.ts'
import { formatProblems } from './report-error.ts'
import { socketOf } from './running.ts'

export const reloadCommand: Command = {
  name: 'reload',
  summary: 'let the running certgate load its configuration again',
  usage: `usage: certgate reload [--config FILE | --socket FILE] [--workers] [--json]

Waits for what comes of it. A configuration with problems changes nothing: they are printed as by 'certgate check', and the exit
code is 1. A changed file is taken up by itself too, and so is SIGHUP.

  -c, --config FILE   whose admin socket to ask on; default: certgate.yml
      --socket FILE   the admin socket itself
      --workers       also replace every worker process by a new one, without cutting off a connection
      --json          the outcome as one JSON object

examples:
  certgate reload
  certgate reload --config /etc/certgate/certgate.yml
`,
  async run(args, terminal) {
    const { flags } = parseArguments('reload', args, {
      config: { type: 'string', short: 'c' },
      socket: { type: 'string' },
      workers: { type: 'boolean' },
      json: { type: 'boolean' },
    })
    const report = await askReload(socketOf(flags, terminal), flags.workers, osUserHeaders())
    if (flags.json) terminal.out(`${JSON.stringify(report)}\n`)
    else if (report.outcome === 'failed') terminal.err(`${formatProblems(report.problems, terminal)}certgate: ${report.message}\n`)
    else {
      terminal.err(formatProblems(report.problems, terminal))
      terminal.out(`${report.message}\n`)
    }
    return report.outcome === 'failed' ? 1 : 0
  },
}

import { UsageError } from '../errors.ts'
import { type Command, type CommandEntry, parseArguments } from './command.ts'
import { bashScript, fishScript, zshScript } from './completion-scripts.ts'
import { type CommandSpec, parseUsage } from './completion-spec.ts'

const scripts = new Map([
  ['bash', bashScript],
  ['zsh', zshScript],
  ['fish', fishScript],
])

/** The command that completes these commands. */
export const completionCommand = (commands: readonly CommandEntry[]): Command => ({
  name: 'completion',
  summary: 'print a completion script for bash, zsh or fish',
  usage: `usage: certgate completion bash|zsh|fish

Completes commands, flags, and the files and folders that they take.

examples:
  certgate completion bash > ~/.local/share/bash-completion/completions/certgate
  certgate completion zsh > "\${fpath[1]}/_certgate"
  certgate completion fish > ~/.config/fish/completions/certgate.fish
`,
  async run(args, terminal) {
    const { positionals } = parseArguments('completion', args, {}, { min: 1, max: 1, names: 'the name of a shell: bash, zsh or fish' })
    const script = scripts.get(positionals[0] ?? '')
    if (script === undefined) throw new UsageError(`there is no completion for '${positionals[0]}'`, 'there are bash, zsh and fish')
    terminal.out(script(await specs(commands)))
    return 0
  },
})

async function specs(commands: readonly CommandEntry[]): Promise<readonly CommandSpec[]> {
  return Promise.all(commands.map(async (entry) => parseUsage(entry.name, entry.summary, (await entry.load()).usage)))
}

import type { Argument, CommandSpec } from './completion-spec.ts'

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
const nouns = (specs: readonly CommandSpec[]) => [...new Set(specs.filter(isTwoWords).map((spec) => spec.name.split(' ')[0] ?? ''))]
const isTwoWords = (spec: CommandSpec) => spec.name.includes(' ')
const secondWords = (specs: readonly CommandSpec[], noun: string) =>
  specs.filter((spec) => spec.name.startsWith(`${noun} `)).map((spec) => spec.name.slice(noun.length + 1))
const firstWords = (specs: readonly CommandSpec[]) => [...new Set(specs.map((spec) => spec.name.split(' ')[0] ?? ''))]

export function bashScript(specs: readonly CommandSpec[]): string {
  const values = (argument: Argument) => {
    if (argument.kind === 'words') return `COMPREPLY=($(compgen -W ${quote(argument.words.join(' '))} -- "$current"))`
    if (argument.kind === 'text') return 'COMPREPLY=()'
    return `compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen ${argument.kind === 'folder' ? '-d' : '-f'} -- "$current"))`
  }
  const cases = specs.map((spec) => {
    const flagCases = spec.flags.flatMap(({ long, short, argument }) =>
      argument === null ? [] : [`        ${short === null ? '' : `${short}|`}${long}) ${values(argument)}; return ;;`],
    )
    const names = spec.flags.map(({ long }) => long).join(' ')
    return [
      `    ${quote(spec.name)})`,
      ...(flagCases.length === 0 ? [] : ['      case "$previous" in', ...flagCases, '      esac']),
      `      if [[ $current == -* ]]; then COMPREPLY=($(compgen -W ${quote(names)} -- "$current")); else ${values(spec.positional)}; fi ;;`,
    ].join('\n')
  })
  const nounCases = nouns(specs).map(
    (noun) => `    ${noun}) COMPREPLY=($(compgen -W ${quote(secondWords(specs, noun).join(' '))} -- "$current")) ;;`,
  )
  return `# bash completion for certgate
_certgate() {
  local IFS=$' \\t\\n' current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  # bash splits --flag=value into three words.
  if [[ $current == = ]]; then current=; elif [[ $previous == = ]]; then previous=\${COMP_WORDS[COMP_CWORD-2]}; fi
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W ${quote([...firstWords(specs), '--help', '--version'].join(' '))} -- "$current"))
    return
  fi
  case $command in ${nouns(specs).join('|')}) ((COMP_CWORD > 2)) && command="$command \${COMP_WORDS[2]}" ;; esac
  local IFS=$'\\n'
  case $command in
${[...cases, ...nounCases].join('\n').replaceAll('compgen -W', 'IFS=" "; compgen -W')}
  esac
}
complete -F _certgate certgate
`
}

export function zshScript(specs: readonly CommandSpec[]): string {
  const action = (argument: Argument) => {
    if (argument.kind === 'words') return `:value:(${argument.words.join(' ')})`
    if (argument.kind === 'text') return ':value: '
    return argument.kind === 'folder' ? ':folder:_files -/' : ':file:_files'
  }
  const escaped = (text: string) => text.replace(/[[\]:\\]/g, (character) => `\\${character}`)
  const cases = specs.map((spec) => {
    const flags = spec.flags.flatMap(({ long, short, argument, description }) =>
      [long, ...(short === null ? [] : [short])].map((flag) =>
        quote(`*${flag}[${escaped(description)}]${argument === null ? '' : action(argument)}`),
      ),
    )
    return `    ${quote(spec.name)}) _arguments -s ${[...flags, quote(`*${action(spec.positional)}`)].join(' ')} ;;`
  })
  const described = (entries: readonly (readonly [string, string])[]) =>
    entries.map(([word, text]) => quote(`${word}:${escaped(text)}`)).join(' ')
  const top = firstWords(specs).map((word) => {
    const spec = specs.find((candidate) => candidate.name === word)
    return [word, spec?.summary ?? secondWords(specs, word).join(', ')] as const
  })
  const nounCases = nouns(specs).map((noun) => {
    const entries = specs
      .filter((spec) => spec.name.startsWith(`${noun} `))
      .map((spec) => [spec.name.slice(noun.length + 1), spec.summary] as const)
    return `    ${noun}) local -a second=(${described(entries)}); _describe 'command' second ;;`
  })
  return `#compdef certgate
_certgate() {
  local command=$words[2] skip=1
  if ((CURRENT == 2)); then
    local -a first=(${described(top)})
    _describe 'command' first
    return
  fi
  case $command in ${nouns(specs).join('|')}) if ((CURRENT > 3)); then command="$command $words[3]"; skip=2; fi ;; esac
  shift $skip words
  ((CURRENT -= skip))
  case $command in
${[...cases, ...nounCases].join('\n')}
  esac
}
if [[ $funcstack[1] == _certgate ]]; then _certgate "$@"; else compdef _certgate certgate; fi
`
}

export function fishScript(specs: readonly CommandSpec[]): string {
  const lines = firstWords(specs).map((word) => {
    const spec = specs.find((candidate) => candidate.name === word)
    return `complete -c certgate -n __fish_use_subcommand -a ${word} -d ${quote(spec?.summary ?? secondWords(specs, word).join(', '))}`
  })
  const value = (argument: Argument) => {
    if (argument.kind === 'words') return ` -x -a ${quote(argument.words.join(' '))}`
    if (argument.kind === 'text') return ' -x'
    return argument.kind === 'folder' ? " -x -a '(__fish_complete_directories)'" : ' -r -F'
  }
  for (const spec of specs) {
    const [first = '', second] = spec.name.split(' ')
    const seen = `__fish_seen_subcommand_from ${first}`
    const condition = quote(second === undefined ? seen : `${seen}; and __fish_seen_subcommand_from ${second}`)
    if (second !== undefined) {
      const others = secondWords(specs, first).join(' ')
      lines.push(
        `complete -c certgate -n ${quote(`${seen}; and not __fish_seen_subcommand_from ${others}`)} -a ${second} -d ${quote(spec.summary)}`,
      )
    }
    for (const { long, short, argument, description } of spec.flags) {
      const names = `-l ${long.slice(2)}${short === null ? '' : ` -s ${short.slice(1)}`}`
      lines.push(`complete -c certgate -n ${condition} ${names}${argument === null ? '' : value(argument)} -d ${quote(description)}`)
    }
    if (spec.positional.kind !== 'text') lines.push(`complete -c certgate -n ${condition}${value(spec.positional).replace(/^ -[xr]/, '')}`)
  }
  return `# fish completion for certgate\ncomplete -c certgate -f\n${lines.join('\n')}\n`
}

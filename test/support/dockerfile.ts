import { execFileSync } from 'node:child_process'
import { chownSync, cpSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'

export interface Instruction {
  readonly line: number
  readonly word: string
  readonly rest: string
}

/** What a stage ends up as: a folder in place of its root, and how its container is started. */
export interface Stage {
  readonly root: string
  readonly name: string | null
  readonly image: string
  workdir: string
  user: string
  readonly env: Record<string, string>
  readonly volumes: string[]
  entrypoint: readonly string[]
  command: readonly string[]
  healthcheck: readonly string[]
}

/** The instructions of a Dockerfile, continued lines joined, comments left out. */
export function parseDockerfile(text: string): Instruction[] {
  const instructions: Instruction[] = []
  let open: { line: number; text: string } | null = null
  for (const [index, raw] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(raw)) continue
    const joined: string = open === null ? raw.trim() : `${open.text} ${raw.trim()}`
    const line: number = open?.line ?? index + 1
    if (joined.endsWith('\\')) {
      open = { line, text: joined.slice(0, -1).trimEnd() }
      continue
    }
    open = null
    const [, word = '', rest = ''] = /^([A-Za-z]+)\s+(.*)$/.exec(joined) ?? []
    instructions.push({ line, word: word.toUpperCase(), rest })
  }
  return instructions
}

/** Names that a `.dockerignore` of the form `*`, `!NAME`, `!NAME` lets through; null where it has another form. */
export function sentToBuilder(dockerignore: string): string[] | null {
  const lines = dockerignore.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  if (lines[0] !== '*' || lines.slice(1).some((line) => !/^![\w.-]+$/.test(line))) return null
  return lines.slice(1).map((line) => line.slice(1))
}

export interface BuildOptions {
  /** Empty; each stage gets a folder in it. */
  readonly folder: string
  readonly context: string
  /** What stands in for the image's own PATH. */
  readonly path: string
  readonly sent: readonly string[]
}

/**
 * Performs the steps of a Dockerfile without Docker: a folder stands in for each stage's root, this machine for the base image. Throws for
 * an instruction that it does not know, and for a RUN that names an absolute path, which would be this machine's.
 */
export function performSteps(instructions: readonly Instruction[], options: BuildOptions): Stage[] {
  const stages: Stage[] = []
  for (const instruction of instructions) {
    const { word, rest, line } = instruction
    try {
      if (word === 'FROM') stages.push(beginStage(rest, join(options.folder, `stage${stages.length + 1}`)))
      else step(instruction, stages, options)
    } catch (cause) {
      throw new Error(`Dockerfile:${line}: ${word} ${rest}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
  }
  return stages
}

function beginStage(rest: string, root: string): Stage {
  const [, image = '', name = null] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(rest) ?? []
  if (image === '') throw new Error('cannot be read')
  mkdirSync(root)
  return { root, name, image, workdir: '/', user: 'root', env: {}, volumes: [], entrypoint: [], command: [], healthcheck: [] }
}

function step({ word, rest }: Instruction, stages: readonly Stage[], options: BuildOptions): void {
  const stage = stages.at(-1)
  if (stage === undefined) throw new Error('stands before FROM')
  switch (word) {
    case 'WORKDIR':
      stage.workdir = posix.resolve(stage.workdir, rest)
      mkdirSync(join(stage.root, stage.workdir), { recursive: true })
      return
    case 'ENV': {
      const [, name = '', value = ''] = /^(\w+)=(\S+)$/.exec(rest) ?? []
      stage.env[name] = value
      return
    }
    case 'COPY':
      copy(rest.split(/\s+/), stage, stages, options)
      return
    case 'RUN':
      if (/(^|[\s=:"'])\/(?!dev\/null)/.test(rest)) throw new Error('names an absolute path, which this test cannot perform')
      execFileSync('/bin/sh', ['-ec', rest], {
        cwd: join(stage.root, stage.workdir),
        env: { ...process.env, PATH: options.path, NODE_ENV: '', ...stage.env },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      return
    case 'USER':
      stage.user = rest
      return
    case 'VOLUME':
      stage.volumes.push(rest)
      return
    case 'EXPOSE':
      return
    case 'HEALTHCHECK':
      stage.healthcheck = execForm(rest.replace(/^(?:--\S+\s+)*CMD\s+/, ''))
      return
    case 'ENTRYPOINT':
      stage.entrypoint = execForm(rest)
      return
    case 'CMD':
      stage.command = execForm(rest)
      return
    default:
      throw new Error('is not known to this test')
  }
}

/** Only the exec form hands signals to the program. */
function execForm(text: string): string[] {
  const parsed: unknown = JSON.parse(text)
  if (!Array.isArray(parsed) || !parsed.every((part) => typeof part === 'string')) throw new Error('is not in exec form')
  return parsed
}

/** Of a folder the contents are copied, as Docker does. */
function copy(words: readonly string[], stage: Stage, stages: readonly Stage[], { context, sent }: BuildOptions): void {
  const flags = words.filter((word) => word.startsWith('--'))
  const paths = words.filter((word) => !word.startsWith('--'))
  const from = flags.find((flag) => flag.startsWith('--from='))?.slice('--from='.length)
  const owner = flags.find((flag) => flag.startsWith('--chown='))?.slice('--chown='.length)
  const source = from === undefined ? context : stages.find(({ name }) => name === from)?.root
  if (source === undefined) throw new Error(`there is no stage ${from}`)
  const written = paths.at(-1) ?? ''
  const target = join(stage.root, posix.resolve(stage.workdir, written))
  for (const path of paths.slice(0, -1)) {
    if (from === undefined && !sent.includes(path.split('/')[0] ?? '')) throw new Error(`.dockerignore does not send ${path}`)
    const file = join(source, path)
    const into = statSync(file).isDirectory() || !(written.endsWith('/') || paths.length > 2) ? target : join(target, posix.basename(path))
    mkdirSync(dirname(into), { recursive: true })
    cpSync(file, into, { recursive: true, verbatimSymlinks: true })
  }
  if (owner !== undefined && process.getuid?.() === 0) chownAll(target, ...(owner.split(':').map(Number) as [number, number]))
}

function chownAll(path: string, user: number, group: number): void {
  chownSync(path, user, group)
  if (existsSync(path) && statSync(path).isDirectory()) for (const name of readdirSync(path)) chownAll(join(path, name), user, group)
}

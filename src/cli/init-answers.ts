import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import type { OwnRoot } from '../certificates/authority-below.ts'
import type { UpstreamTarget } from '../config/settings.ts'
import { CertgateError, InputError, UsageError } from '../errors.ts'
import { administratorName } from './administrator-name.ts'
import type { Terminal } from './command.ts'
import { serverNames } from './host-names.ts'
import { DEFAULT_ADMINISTRATOR } from './initial-config.ts'
import { firstLineOf } from './named-file.ts'
import { type CaFiles, isLocked, lacksKey, readNamed, readOwnCa } from './own-ca.ts'
import type { Questions } from './questions.ts'
import { readSecret } from './secret.ts'
import { shortPath } from './short-path.ts'
import { upstreamTarget, upstreamWarning } from './upstream-check.ts'

export const DEFAULT_UPSTREAM = 'http://127.0.0.1:8080'

/** What a new gateway is made of. */
export interface InitAnswers {
  readonly folder: string
  readonly names: readonly string[]
  /** null: a new one. */
  readonly own: OwnRoot | null
  readonly target: UpstreamTarget
  readonly administrator: string
}

export interface InitFlags {
  readonly dir: string | undefined
  readonly name: readonly string[]
  readonly ca: string | undefined
  readonly 'ca-key': string | undefined
  readonly 'ca-password-file': string | undefined
  readonly upstream: string | undefined
  readonly 'admin-name': string | undefined
}

/** What no flag says is asked where somebody is there (`questions`), and takes its default elsewhere. Throws UsageError, MaterialError, IssuanceError. */
export async function initAnswers(flags: InitFlags, questions: Questions | null, terminal: Terminal): Promise<InitAnswers> {
  // What was said already is judged before anybody is asked.
  const resolvePath = (path: string) => resolve(terminal.cwd, path)
  const namesGiven = flags.name.length === 0 ? null : serverNames(flags.name)
  const targetGiven = flags.upstream === undefined ? null : upstreamTarget('--upstream: ', flags.upstream, resolvePath)
  const administratorGiven = flags['admin-name'] === undefined ? null : administratorName(flags['admin-name'])
  const caGiven = await caOfFlags(flags, questions, terminal)
  if (questions !== null) {
    const open = [flags.dir, flags.ca].includes(undefined) || [namesGiven, targetGiven, administratorGiven].includes(null)
    if (open) questions.say('Enter takes what stands in brackets, and Ctrl-C ends without having written anything.\n\n')
  }
  const folder =
    flags.dir === undefined && questions !== null ? await askFolder(questions, terminal) : resolve(terminal.cwd, flags.dir ?? '.')
  const names = namesGiven ?? (questions === null ? serverNames([]) : await askNames(questions))
  const own = caGiven ?? (questions === null ? null : await askCa(questions, terminal))
  const target =
    targetGiven ?? (questions === null ? upstreamTarget('', DEFAULT_UPSTREAM, resolvePath) : await askUpstream(questions, resolvePath))
  const administrator =
    administratorGiven ??
    (questions === null
      ? DEFAULT_ADMINISTRATOR
      : await questions.ask('name of the first administrator', DEFAULT_ADMINISTRATOR, administratorName))
  return { folder, names, own, target, administrator }
}

function askFolder(questions: Questions, terminal: Terminal): Promise<string> {
  return questions.ask('folder for configuration, keys and certificates', '.', (answer) => {
    const folder = resolve(terminal.cwd, answer)
    const config = join(folder, 'certgate.yml')
    if (existsSync(config)) throw new InputError(`${shortPath(config, terminal.cwd)} already exists`, { hint: 'name another folder' })
    return folder
  })
}

function askNames(questions: Questions): Promise<readonly string[]> {
  const own = serverNames([]).join(', ')
  return questions.ask(`names or IP addresses that clients use, beside ${own}`, 'none', (answer) =>
    serverNames(answer === 'none' ? [] : answer.split(/[\s,]+/).filter((word) => word !== ''), hostname()),
  )
}

async function askUpstream(questions: Questions, resolvePath: (path: string) => string): Promise<UpstreamTarget> {
  const target = await questions.ask('the service behind', DEFAULT_UPSTREAM, (answer) => upstreamTarget('', answer, resolvePath))
  const warning = await upstreamWarning(target)
  if (warning !== null) questions.warn(warning)
  return target
}

async function askCa(questions: Questions, terminal: Terminal): Promise<OwnRoot | null> {
  return questions.ask('certificate authority: new, or a file with your own (PEM or PFX)', 'new', async (answer) => {
    if (answer === 'new') return null
    const certificate = readNamed(answer, terminal.cwd)
    const key = lacksKey(certificate)
      ? await questions.ask('file with its private key', `${answer.replace(/\.[^./]*$/, '')}.key`, (name) => readNamed(name, terminal.cwd))
      : null
    return unlocked({ certificate, key }, questions)
  })
}

/** A password may be mistyped: asked for until it opens the key, or is empty. */
async function unlocked(files: CaFiles, questions: Questions): Promise<OwnRoot> {
  if (!isLocked(files)) return readOwnCa(files, null)
  for (;;) {
    const password = await questions.secret(`password of ${(files.key ?? files.certificate).name}`)
    if (password === '') throw new InputError('without its password the key cannot be used')
    try {
      return readOwnCa(files, password)
    } catch (error) {
      if (!(error instanceof CertgateError) || !/ does not open /.test(error.message)) throw error
      questions.refuse(error)
    }
  }
}

async function caOfFlags(flags: InitFlags, questions: Questions | null, terminal: Terminal): Promise<OwnRoot | null> {
  const { ca, 'ca-key': key, 'ca-password-file': passwordFile } = flags
  if (ca === undefined) {
    if (key !== undefined || passwordFile !== undefined)
      throw new UsageError(
        `--${key === undefined ? 'ca-password-file' : 'ca-key'} needs --ca`,
        'name the file that has the certificate of the CA',
      )
    return null
  }
  const files = { certificate: readNamed(ca, terminal.cwd), key: key === undefined ? null : readNamed(key, terminal.cwd) }
  if (passwordFile !== undefined) return readOwnCa(files, firstLineOf(passwordFile, terminal.cwd))
  if (!isLocked(files)) return readOwnCa(files, null)
  if (questions === null)
    throw new InputError(`${key ?? ca} has a password, and none is given`, {
      hint: 'put it into a file, and add --ca-password-file FILE',
    })
  return readOwnCa(files, await readSecret(`password of ${key ?? ca}: `, terminal))
}

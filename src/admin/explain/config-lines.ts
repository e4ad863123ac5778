import { isAbsolute } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type Path, YamlDocument } from '../../config/document.ts'
import { parseConfig } from '../../config/load.ts'
import { parseMappingOnce } from '../../config/roles-mapping.ts'
import { ConfigError, type Problem } from '../../errors.ts'
import { readRegularText } from '../../regular-file.ts'
import { place } from './place.ts'
import type { Snapshot } from './verdict.ts'

/** One line of a file that decides. */
export interface ConfigLine {
  readonly file: string
  readonly line: number
  /** As it stands there, secrets masked; null where the file was changed since it was taken up, or cannot be read. */
  readonly snippet: string | null
}

/** A file as it is now; null: not what is in force. */
interface Readable<Document> {
  readonly document: Document | null
  readonly note: string | null
}

/** Finds what is in force in the files that it came from, as long as they are still the same. Reads them at the first question. */
export class ConfigLines {
  readonly #snapshot: Snapshot
  readonly #cwd: string
  #config: Readable<YamlDocument> | null = null
  #mapping: Readable<{ problemOnLine(line: number, message: string): Problem }> | null = null

  constructor(snapshot: Snapshot, cwd: string) {
    this.#snapshot = snapshot
    this.#cwd = cwd
  }

  /** The first of these paths that is written in the configuration; null: none is, or the file is another by now. */
  firstOf(...paths: readonly Path[]): ConfigLine | null {
    const { document } = this.#readConfig()
    const found = document === null ? undefined : paths.find((path) => document.node(path) !== undefined)
    if (document === null || found === undefined) return null
    const node = document.node(found)
    // The first of many mappings says less than the key of them all.
    const isOfMappings = node?.kind === 'sequence' && node.items.some(({ kind }) => kind !== 'scalar')
    return this.#shown(document.problem(found, '', { at: isOfMappings ? 'key' : 'value' }))
  }

  /** What is known to stand on a line of the configuration. */
  onConfigLine(line: number): ConfigLine {
    const { document } = this.#readConfig()
    if (document !== null) return this.#shown(document.problemOnLine(line, ''))
    return { file: place(this.#snapshot.settings.file, this.#cwd), line, snippet: null }
  }

  onMappingLine(line: number): ConfigLine {
    this.#mapping ??= readMapping(this.#snapshot, this.#cwd)
    const { document } = this.#mapping
    if (document !== null) return this.#shown(document.problemOnLine(line, ''))
    return { file: place(this.#snapshot.mapping.file, this.#cwd), line, snippet: null }
  }

  /** What was asked for and could not be shown. */
  get notes(): string[] {
    return [this.#config?.note ?? null, this.#mapping?.note ?? null].filter((note) => note !== null)
  }

  #readConfig(): Readable<YamlDocument> {
    this.#config ??= readConfig(this.#snapshot, this.#cwd)
    return this.#config
  }

  #shown({ file, line, snippet }: Problem): ConfigLine {
    const [first = ''] = snippet.split('\n')
    return { file: place(file, this.#cwd), line, snippet: first.replace(/^\s*\d+ \| /, '').trim() }
  }
}

function readConfig({ settings }: Snapshot, cwd: string): Readable<YamlDocument> {
  return readable(settings.file, cwd, (text) => {
    const now = parseConfig(text, settings.file).settings
    const deciding = ({ listeners, auth, routes }: typeof settings) => [listeners, auth, routes]
    return isDeepStrictEqual(deciding(now), deciding(settings)) ? new YamlDocument(settings.file, text) : null
  })
}

function readMapping({ mapping }: Snapshot, cwd: string): Readable<{ problemOnLine(line: number, message: string): Problem }> {
  return readable(mapping.file, cwd, (text) => {
    const now = parseMappingOnce(text, mapping.file)
    return now.mapping === mapping || isDeepStrictEqual(now.mapping, mapping) ? now.document : null
  })
}

function readable<Document>(file: string, cwd: string, read: (text: string) => Document | null): Readable<Document> {
  // What the flags of `serve` stand for is in no file.
  if (!isAbsolute(file)) return { document: null, note: null }
  const text = textOf(file)
  const document = text === null ? null : readOrNull(() => read(text))
  const note = document === null ? `${place(file, cwd)} is not what is in force any more: its lines cannot be shown` : null
  return { document, note }
}

function textOf(file: string): string | null {
  try {
    return readRegularText(file)
  } catch {
    return null
  }
}

/** What was taken up has no errors: a file with some is another one. */
function readOrNull<Document>(read: () => Document | null): Document | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof ConfigError) return null
    throw error
  }
}

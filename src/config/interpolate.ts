import { resolve } from 'node:path'
import type { Problem } from '../errors.ts'
import { readRegularText, unreadable } from '../regular-file.ts'
import { formatPath, type Path, type YamlDocument } from './document.ts'
import type { YamlNode, YamlScalar } from './yaml.ts'

export interface Interpolated {
  readonly problems: readonly Problem[]
  /** Files that placeholders were read from, absolute. */
  readonly files: readonly string[]
}

const PLACEHOLDER = /\$\$\{|\$\{([^}]*)(\}?)/g
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is what a person has to write
const PLACEHOLDER_FORMS = 'write ${env:NAME} or ${file:path}; $${ is a literal ${'
const MAX_FILE_BYTES = 64 * 1024

/**
 * Replaces `${env:NAME}` and `${file:path}` inside scalars, in place; `$${` becomes `${`. What was inserted is never
 * looked at again, so a value cannot smuggle in a placeholder, nor YAML. A missing variable or file is a problem there.
 */
export function interpolate(document: YamlDocument, directory: string, env: Readonly<Record<string, string | undefined>>): Interpolated {
  const problems: Problem[] = []
  const files = new Set<string>()
  const read = (name: string): string => {
    const file = resolve(directory, name)
    files.add(file)
    return readSecret(file)
  }
  for (const { scalar, path } of scalars(document.root)) {
    if (typeof scalar.value !== 'string' || !scalar.value.includes('${')) continue
    try {
      const value = expand(scalar.value, env, read)
      scalar.interpolated = value.replaced
      scalar.value = value.text
    } catch (error) {
      if (!(error instanceof PlaceholderError)) throw error
      scalar.unresolved = true
      problems.push(document.problemAt(scalar, formatPath(path), error.message, { hint: error.hint }))
    }
  }
  return { problems, files: [...files] }
}

class PlaceholderError extends Error {
  readonly hint: string | undefined

  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}

/** Every scalar once, also where aliases share it. */
function* scalars(root: YamlNode): Generator<{ scalar: YamlScalar; path: Path }> {
  const seen = new Set<YamlNode>()
  const pending: { node: YamlNode; path: Path }[] = [{ node: root, path: [] }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, path } = next
    if (seen.has(node)) continue
    seen.add(node)
    if (node.kind === 'scalar') yield { scalar: node, path }
    else if (node.kind === 'sequence')
      for (const [index, item] of node.items.entries()) pending.push({ node: item, path: [...path, index] })
    else for (const [key, entry] of node.entries) pending.push({ node: entry.value, path: [...path, key] })
  }
}

function expand(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
  read: (name: string) => string,
): { text: string; replaced: boolean } {
  let replaced = false
  const expanded = text.replace(PLACEHOLDER, (whole: string, inside: string | undefined, closed: string | undefined) => {
    if (inside === undefined) return '${'
    if (closed === '') throw new PlaceholderError('a placeholder is not closed', PLACEHOLDER_FORMS)
    replaced = true
    const colon = inside.indexOf(':')
    const name = inside.slice(colon + 1)
    if (colon > 0 && name !== '' && inside.startsWith('env:')) return variable(name, env)
    if (colon > 0 && name !== '' && inside.startsWith('file:')) return read(name)
    throw new PlaceholderError(`unknown placeholder \`${whole}\``, PLACEHOLDER_FORMS)
  })
  return { text: expanded, replaced }
}

function variable(name: string, env: Readonly<Record<string, string | undefined>>): string {
  const value = Object.hasOwn(env, name) ? env[name] : undefined
  if (value === undefined) throw new PlaceholderError(`the environment variable ${name} is not set`)
  return value
}

/** The file's text without one line end at its end, as editors and `echo` leave it. */
function readSecret(file: string): string {
  try {
    return readRegularText(file, MAX_FILE_BYTES).replace(/\r?\n$/, '')
  } catch (error) {
    throw new PlaceholderError(`cannot read ${file}: ${unreadable(error)}`)
  }
}
